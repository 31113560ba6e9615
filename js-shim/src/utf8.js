// UTF-8 without TextEncoder and TextDecoder, which an AudioWorklet lacks.

/**
 * The bytes of `text`; a lone surrogate becomes U+FFFD.
 * @returns {number[]}
 */
export const encodeUtf8 = (text) =>
  Array.from(unescape(encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'))), (byte) => byte.charCodeAt(0));

/** The text of `bytes[start..<end]`; each malformed part becomes one U+FFFD, as the Encoding Standard has it. */
export function decodeUtf8(bytes, start, end) {
  let text = '';
  let at = start;
  while (at < end) {
    const lead = bytes[at++];
    if (lead < 0xc2 || lead > 0xf4) {
      text += lead < 0x80 ? String.fromCharCode(lead) : '\ufffd';
      continue;
    }
    let needed = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
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
