// Models for tests, written as protobuf by hand: just the fields that are needed.
import { encodeUtf8 } from '../../src/utf8.js';

const varint = (value) => {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return [...bytes, Number(rest)];
};
/** @param {(Uint8Array | number[])[]} parts */
function join(...parts) {
  const whole = new Uint8Array(parts.reduce((count, part) => count + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const number = (field, value) => join(varint(field << 3), varint(value));
const bytes = (field, value) => join(varint((field << 3) | 2), varint(value.length), value);
const text = (field, value) => bytes(field, encodeUtf8(value));

const elementTypes = {
  float32: 1, uint8: 2, int8: 3, uint16: 4, int16: 5, int32: 6, int64: 7, string: 8, bool: 9, float16: 10, float64: 11,
  uint32: 12, uint64: 13, bfloat16: 16, float8e4m3fn: 17, float8e4m3fnuz: 18, float8e5m2: 19, float8e5m2fnuz: 20,
  uint4: 21, int4: 22, float4e2m1: 23, float8e8m0: 24, uint2: 25, int2: 26,
};

/** An input or output: its dims are sizes, symbols, or '' for unknown ones; without dims the rank is unknown. */
export function value(name, type, dims) {
  const sizes = dims?.map((dim) => bytes(1, typeof dim === 'number' ? number(1, dim) : dim === '' ? [] : text(2, dim)));
  const shape = sizes ? bytes(2, join(...sizes)) : [];
  return typedValue(name, bytes(1, join(number(1, elementTypes[type]), shape)));
}

/** The types of elements that are no tensors, to be given to `typedValue`. */
export const tensorOf = (type) => bytes(1, number(1, elementTypes[type]));
export const sequenceOf = (element) => bytes(4, bytes(1, element));
export const mapOf = (key, element) => bytes(5, join(number(1, elementTypes[key]), bytes(2, element)));
export const optionalOf = (element) => bytes(9, bytes(1, element));

/** An input or output of a type made by the functions above. */
export const typedValue = (name, type) => join(text(1, name), bytes(2, type));

/** A weight; `location` says which external file it is in instead of `data`. */
export function initializer(name, type, dims, data, location) {
  const place = location
    ? join(bytes(13, join(text(1, 'location'), text(2, location))), number(14, 1))
    : bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return join(...dims.map((dim) => number(1, dim)), number(2, elementTypes[type]), text(8, name), place);
}

/** A node; attributes are integers. */
export const node = (opType, inputs, outputs, attributes = {}, name = '') =>
  join(
    ...inputs.map((input) => text(1, input)),
    ...outputs.map((output) => text(2, output)),
    text(3, name),
    text(4, opType),
    ...Object.entries(attributes).map(([key, value]) =>
      bytes(5, join(text(1, key), number(3, value), number(20, 2))),
    ),
  );

/** The bytes of a model. */
export function model({ nodes, inputs, outputs, initializers = [], opset = 17, irVersion = 8 }) {
  const graph = join(
    ...nodes.map((node) => bytes(1, node)),
    text(2, 'test'),
    ...initializers.map((tensor) => bytes(5, tensor)),
    ...inputs.map((input) => bytes(11, input)),
    ...outputs.map((output) => bytes(12, output)),
  );
  return join(number(1, irVersion), bytes(7, graph), bytes(8, number(2, opset)));
}
