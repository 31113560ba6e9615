import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeUtf8, encodeUtf8 } from '../src/utf8.js';

const whole = ['', 'plain', 'a\0b', 'é', 'ÿĀ߿ࠀ', '\uffff', '😀', 'x😀y', '\u{10ffff}'];
const malformed = ['\ud800', '\udc00', 'a\ud83d', '\ude00b', '\ud800\ud800'];

for (const text of [...whole, ...malformed]) {
  test(`encodes ${JSON.stringify(text)} as TextEncoder does`, () => {
    assert.deepEqual(encodeUtf8(text), [...new TextEncoder().encode(text)]);
  });
}

test('decodes any bytes as TextDecoder does', () => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  // Bytes at the borders of every rule, in all sequences of up to four.
  const borders = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2]
    .concat([0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff]);
  let count = 0;
  for (const a of borders) {
    for (const b of borders) {
      for (const c of borders) {
        for (const d of borders) {
          const bytes = Uint8Array.of(a, b, c, d);
          const text = decodeUtf8(bytes, 0, 4);
          if (text !== decoder.decode(bytes)) assert.equal(text, decoder.decode(bytes), `bytes ${bytes}`);
          count++;
        }
      }
    }
  }
  assert.equal(count, borders.length ** 4);
});

test('decodes a part of longer bytes', () => {
  assert.equal(decodeUtf8(Uint8Array.from(encodeUtf8('aéb')), 1, 3), 'é');
});
