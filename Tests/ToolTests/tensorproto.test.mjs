import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTensor, readValue, widen, widenBrain } from '../../tools/tensorproto.mjs';

/** The bytes of a field of this number: varint or length-delimited. */
const varint = (n) => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >>> 7)]);
const number = (field, value) => [...varint(field << 3), ...varint(value)];
const bytes = (field, value) => [...varint((field << 3) | 2), ...varint(value.length), ...value];

const cases = [
  ['raw float32', [...bytes(1, [2, 1]), ...number(2, 1), ...bytes(9, [0, 0, 128, 63, 0, 0, 0, 192])],
    { type: 'float32', dims: [2, 1], data: Float32Array.of(1, -2) }],
  ['float_data', [...number(1, 1), ...number(2, 1), ...bytes(4, [0, 0, 128, 63])],
    { type: 'float32', dims: [1], data: Float32Array.of(1) }],
  ['unpacked int64_data', [...number(1, 2), ...number(2, 7), ...number(7, 300), ...number(7, 5)],
    { type: 'int64', dims: [2], data: BigInt64Array.of(300n, 5n) }],
  ['a negative int8 in int32_data',
    [...number(1, 1), ...number(2, 3), ...bytes(5, [255, 255, 255, 255, 255, 255, 255, 255, 255, 1])],
    { type: 'int8', dims: [1], data: Int8Array.of(-1) }],
  ['strings', [...number(1, 2), ...number(2, 8), ...bytes(6, [...Buffer.from('é')]), ...bytes(6, [])],
    { type: 'string', dims: [2], data: ['é', ''] }],
  ['a scalar with a name', [...number(2, 9), ...bytes(8, [120]), ...bytes(9, [1])],
    { name: 'x', type: 'bool', dims: [], data: Uint8Array.of(1) }],
];

for (const [what, message, expected] of cases) {
  test(`reads ${what}`, () => assert.deepEqual(readTensor(Uint8Array.from(message)), { name: '', ...expected }));
}

test('types that JavaScript does not have are named', () => {
  assert.throws(() => readTensor(Uint8Array.from(number(2, 14))), /complex64/);
});

test('sequences and optionals nest', () => {
  const tensor = [...number(2, 9), ...bytes(9, [1])];
  const sequence = [...bytes(1, [120]), ...number(2, 1), ...bytes(3, tensor), ...bytes(3, tensor)];
  const dims = (value) => value.map((element) => element.dims);
  assert.deepEqual(dims(readValue(Uint8Array.from(sequence), 'sequence')), [[], []]);
  assert.deepEqual(dims(readValue(Uint8Array.from(bytes(5, sequence)), 'optional')), [[], []]);
  assert.equal(readValue(Uint8Array.from(number(2, 1)), 'optional'), null);
});

test('halves widen exactly', () => {
  const halves = [[0x3c00, 1], [0xc000, -2], [0x7bff, 65504], [1, 2 ** -24], [0x0400, 2 ** -14], [0x7c00, Infinity]];
  for (const [bits, value] of halves) assert.equal(widen(bits), value);
  assert.ok(Number.isNaN(widen(0x7e00)));
  assert.deepEqual([0x3f80, 0xc040, 0xff80].map(widenBrain), [1, -3, -Infinity]);
});
