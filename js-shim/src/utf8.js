// UTF-8 without TextEncoder and TextDecoder, which an AudioWorklet lacks: `escape` and `unescape` know a text of bytes.

/**
 * The bytes of `text`; a lone surrogate becomes U+FFFD.
 * @returns {number[]}
 */
export const encodeUtf8 = (text) =>
  Array.from(unescape(encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'))), (byte) => byte.charCodeAt(0));

/**
 * The text of `bytes[start..<end]`. All that the core writes is UTF-8, save for names of nodes in its control block,
 * which may be cut: they are then taken byte by byte.
 */
export function decodeUtf8(bytes, start, end) {
  let text = '';
  while (start < end) text += String.fromCharCode(bytes[start++]);
  try {
    return decodeURIComponent(escape(text));
  } catch {
    return text;
  }
}
