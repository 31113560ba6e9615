// UTF-8 without TextEncoder and TextDecoder, which an AudioWorklet lacks: `escape` and `unescape` know a text of bytes.

/**
 * The bytes of `text`; a lone surrogate becomes U+FFFD.
 * @returns {number[]}
 */
export const encodeUtf8 = (text) =>
  Array.from(unescape(encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'))), (byte) => byte.charCodeAt(0));

/**
 * A lead and what may follow it, or any other byte above ASCII. The second byte's range keeps out overlong forms,
 * surrogates, and what lies above U+10FFFF.
 */
const parts = new RegExp(
  '[\xc2-\xdf][\x80-\xbf]?' +
    '|(\xe0[\xa0-\xbf]|\xed[\x80-\x9f]|[\xe1-\xec\xee\xef][\x80-\xbf])[\x80-\xbf]?' +
    '|(\xf0[\x90-\xbf]|\xf4[\x80-\x8f]|[\xf1-\xf3][\x80-\xbf])[\x80-\xbf]{0,2}' +
    '|[\x80-\xff]',
  'g',
);

/** The text of `bytes[start..<end]`; each malformed part becomes one U+FFFD, as the Encoding Standard has it. */
export function decodeUtf8(bytes, start, end) {
  let text = '';
  while (start < end) text += String.fromCharCode(bytes[start++]);
  const decoded = (text, otherwise) => {
    try {
      return decodeURIComponent(escape(text));
    } catch {
      return otherwise();
    }
  };
  return decoded(text, () => text.replace(parts, (part) => decoded(part, () => '\ufffd')));
}
