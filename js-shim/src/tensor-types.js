// What the element of a tensor is called, its number in ONNX's `TensorProto.DataType`, and the array that holds it.

/** By ONNX's number. The number in a name is its bits. */
const names = (
  ',float32,uint8,int8,uint16,int16,int32,int64,string,bool,float16,float64,uint32,uint64,,,bfloat16,' +
  'float8e4m3fn,float8e4m3fnuz,float8e5m2,float8e5m2fnuz,uint4,int4,float4e2m1,float8e8m0,uint2,int2'
).split(',');

/**
 * @typedef {object} TensorType
 * @property {string} name  as in `tensor.type`
 * @property {number} code  ONNX's number
 * @property {number} bits  of one element; 0 for strings
 * @property {string} arrayName  the name of the typed array, where it is no string
 * @property {boolean} isRaw  whether the array holds bit patterns, so that numbers cannot be stored in it
 */

/** By ONNX's number, made when first asked for: only then it is decided whether the host has `Float16Array`. */
let rows;

/** @returns {(TensorType | undefined)[]} */
const types = () => (rows ??= names.map((name, code) => (name ? describe(name, code) : undefined)));

/** @returns {TensorType | undefined} */
export const typeNamed = (name) => types().find((type) => type?.name === name);

/** @returns {TensorType | undefined} */
export const typeOfCode = (code) => types()[code];

function describe(name, code) {
  const bits = Number(/\d+/.exec(name) ?? (name === 'bool' ? 8 : 0));
  const own = `${/int64/.test(name) ? 'Big' : ''}${name[0].toUpperCase()}${name.slice(1)}Array`;
  const isNumber = /^(float|u?int)(8|16|32|64)$/.test(name) && own in globalThis;
  const patterns = bits === 16 ? 'Uint16Array' : 'Uint8Array';
  return { name, code, bits, arrayName: isNumber ? own : patterns, isRaw: !isNumber && bits > 0 && name !== 'bool' };
}

/** The name of the type that arrays of a name stand for by themselves: the first of those that they hold. */
export const typeOfArray = (array) => types().find((type) => type?.arrayName === array)?.name;

/**
 * The constructor of the arrays that hold `type`.
 * @param {TensorType} type
 */
export const arrayOf = (type) => globalThis[type.arrayName];

/** The bytes that `count` packed elements take. */
export const byteCountOf = (type, count) => Math.ceil((type.bits * count) / 8);
