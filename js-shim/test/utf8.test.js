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

for (const text of whole) {
  test(`decodes ${JSON.stringify(text)}`, () => {
    const bytes = new TextEncoder().encode(text);
    assert.equal(decodeUtf8(bytes, 0, bytes.length), text);
  });
}

test('what was cut is taken byte by byte', () => {
  assert.equal(decodeUtf8(Uint8Array.of(0x61, 0xc3), 0, 2), 'a\xc3');
});

test('decodes a part of longer bytes', () => {
  assert.equal(decodeUtf8(Uint8Array.from(encodeUtf8('aéb')), 1, 3), 'é');
});
