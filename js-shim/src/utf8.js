// UTF-8 without TextEncoder and TextDecoder, which an AudioWorklet lacks.

/** The bytes of `text`; a lone surrogate becomes U+FFFD. */
export function encodeUtf8(text) {
  const bytes = [];
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code < 0x80) {
      bytes.push(code);
      continue;
    }
    if (code < 0x800) {
      bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
      continue;
    }
    if (code >= 0xd800 && code < 0xe000) {
      const low = code < 0xdc00 ? text.charCodeAt(i + 1) : 0;
      if (low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
        i++;
        continue;
      }
      code = 0xfffd;
    }
    bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  }
  return bytes;
}

/** The text of `bytes[start..<end]`; each malformed part becomes one U+FFFD, as the Encoding Standard has it. */
export function decodeUtf8(bytes, start, end) {
  let text = '';
  let at = start;
  while (at < end) {
    const lead = bytes[at++];
    if (lead < 0x80) {
      text += String.fromCharCode(lead);
      continue;
    }
    let needed = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (lead < 0xc2 || lead > 0xf4) {
      text += '\ufffd';
      continue;
    }
    // The second byte's range keeps out overlong forms, surrogates, and what lies above U+10FFFF.
    let low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    let high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    let code = lead & (0x3f >> needed);
    while (needed > 0 && at < end && bytes[at] >= low && bytes[at] <= high) {
      code = (code << 6) | (bytes[at++] & 63);
      low = 0x80;
      high = 0xbf;
      needed--;
    }
    text += needed > 0 ? '\ufffd' : String.fromCodePoint(code);
  }
  return text;
}
