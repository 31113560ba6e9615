// What the element of a tensor is called, its number in ONNX's `TensorProto.DataType`, and the array that holds it.

/**
 * @typedef {object} TensorType
 * @property {string} name  as in `tensor.type`
 * @property {number} code  ONNX's number
 * @property {number} bits  of one element; 0 for strings
 * @property {string} array  the name of the typed array; '' for strings
 * @property {boolean} raw  whether the array holds bit patterns, so that numbers cannot be stored in it
 */

/** @type {TensorType[]} */
const table = [
  ['float32', 1, 32, 'Float32Array'],
  ['uint8', 2, 8, 'Uint8Array'],
  ['int8', 3, 8, 'Int8Array'],
  ['uint16', 4, 16, 'Uint16Array'],
  ['int16', 5, 16, 'Int16Array'],
  ['int32', 6, 32, 'Int32Array'],
  ['int64', 7, 64, 'BigInt64Array'],
  ['string', 8, 0, ''],
  ['bool', 9, 8, 'Uint8Array'],
  ['float16', 10, 16, 'Uint16Array', true],
  ['float64', 11, 64, 'Float64Array'],
  ['uint32', 12, 32, 'Uint32Array'],
  ['uint64', 13, 64, 'BigUint64Array'],
  ['bfloat16', 16, 16, 'Uint16Array', true],
  ['float8e4m3fn', 17, 8, 'Uint8Array', true],
  ['float8e4m3fnuz', 18, 8, 'Uint8Array', true],
  ['float8e5m2', 19, 8, 'Uint8Array', true],
  ['float8e5m2fnuz', 20, 8, 'Uint8Array', true],
  ['uint4', 21, 4, 'Uint8Array', true],
  ['int4', 22, 4, 'Uint8Array', true],
  ['float4e2m1', 23, 4, 'Uint8Array', true],
  ['float8e8m0', 24, 8, 'Uint8Array', true],
  ['uint2', 25, 2, 'Uint8Array', true],
  ['int2', 26, 2, 'Uint8Array', true],
].map(([name, code, bits, array, raw = false]) => ({ name, code, bits, array, raw }));

/** @type {Map<string, TensorType>} */
export const typesByName = new Map(table.map((type) => [type.name, type]));

/** @type {Map<number, TensorType>} */
export const typesByCode = new Map(table.map((type) => [type.code, type]));

/** The type that an array's constructor stands for by itself. */
export const typeOfArray = new Map([
  ...table.filter((type) => type.array && !type.raw && type.name !== 'bool').map((type) => [type.array, type.name]),
  ['Float16Array', 'float16'],
]);

let settled = false;

/**
 * Decides, at the first tensor, whether float16 is held by `Float16Array`: later, so that a page may bring its own.
 */
export function settleFloat16() {
  if (settled) return;
  settled = true;
  if (typeof globalThis.Float16Array === 'function') {
    Object.assign(typesByName.get('float16'), { array: 'Float16Array', raw: false });
  }
}

/**
 * The constructor of the arrays that hold `type`.
 * @param {TensorType} type
 */
export const arrayOf = (type) => globalThis[type.array];

/** The bytes that `count` packed elements take. */
export const byteCountOf = (type, count) => Math.ceil((type.bits * count) / 8);
