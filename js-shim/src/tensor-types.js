// What the element of a tensor is called, its number in ONNX's `TensorProto.DataType`, and the array that holds it.

/**
 * @typedef {object} TensorType
 * @property {string} name  as in `tensor.type`
 * @property {number} code  ONNX's number
 * @property {number} bits  of one element; 0 for strings
 * @property {string} array  the name of the typed array; '' for strings
 * @property {boolean} raw  whether the array holds bit patterns, so that numbers cannot be stored in it
 */

/**
 * A row without an array is of bit patterns, in an array of numbers that hold one each.
 * @type {TensorType[]}
 */
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
  ['float16', 10, 16],
  ['float64', 11, 64, 'Float64Array'],
  ['uint32', 12, 32, 'Uint32Array'],
  ['uint64', 13, 64, 'BigUint64Array'],
  ['bfloat16', 16, 16],
  ['float8e4m3fn', 17, 8],
  ['float8e4m3fnuz', 18, 8],
  ['float8e5m2', 19, 8],
  ['float8e5m2fnuz', 20, 8],
  ['uint4', 21, 4],
  ['int4', 22, 4],
  ['float4e2m1', 23, 4],
  ['float8e8m0', 24, 8],
  ['uint2', 25, 2],
  ['int2', 26, 2],
].map(([name, code, bits, array]) => {
  const raw = array === undefined;
  return { name, code, bits, array: array ?? (bits === 16 ? 'Uint16Array' : 'Uint8Array'), raw };
});

/** @type {Map<string, TensorType>} */
export const typesByName = new Map(table.map((type) => [type.name, type]));

/** @type {Map<number, TensorType>} */
export const typesByCode = new Map(table.map((type) => [type.code, type]));

let decided;
/** Whether float16 is held by `Float16Array`: decided when first asked, so that a page may bring its own. */
const hasHalves = () => (decided ??= typeof Float16Array === 'function');
Object.defineProperties(typesByName.get('float16'), {
  array: { get: () => (hasHalves() ? 'Float16Array' : 'Uint16Array') },
  raw: { get: () => !hasHalves() },
});

/** The name of the type that an array's constructor stands for by itself. */
export const typeOfArray = (array) =>
  array === 'Float16Array' ? 'float16' : table.find((type) => type.array === array && !type.raw)?.name;

/**
 * The constructor of the arrays that hold `type`.
 * @param {TensorType} type
 */
export const arrayOf = (type) => globalThis[type.array];

/** The bytes that `count` packed elements take. */
export const byteCountOf = (type, count) => Math.ceil((type.bits * count) / 8);
