// From what a caller gives as a tensor's data to the array that holds it.
import { arrayOf, settleFloat16, typeOfArray, typesByName } from './tensor-types.js';

/**
 * The array for a tensor of a named type. A typed array of the right kind is taken as it is, never copied.
 * @param {string} name
 * @returns {{ type: string, data: ArrayBufferView | string[] }}
 */
export function dataOfType(name, data) {
  settleFloat16();
  if (name === 'string') {
    if (!Array.isArray(data)) throw new TypeError("A string tensor's data must be a string array.");
    return { type: name, data };
  }
  const type = typesByName.get(name);
  if (!type) throw new TypeError(`Unsupported tensor type: ${name}.`);
  const Elements = arrayOf(type);
  if (Array.isArray(data)) {
    if (type.raw) {
      throw new TypeError(
        `Creating a ${name} tensor from number array is not supported. Please use ${type.array} as data.`,
      );
    }
    const isBig = type.array.startsWith('Big');
    return { type: name, data: isBig ? Elements.from(data, BigInt) : Elements.from(data) };
  }
  const tag = ArrayBuffer.isView(data) ? data[Symbol.toStringTag] : '';
  if (tag === 'Uint8ClampedArray') {
    if (name !== 'uint8') throw new TypeError("A Uint8ClampedArray tensor's data must be type of uint8");
    return { type: name, data: Uint8Array.from(data) };
  }
  if (tag === type.array) return { type: name, data };
  if (name === 'float16' && tag === 'Uint16Array') {
    return { type: name, data: new Elements(data.buffer, data.byteOffset, data.length) };
  }
  if (name === 'float16' && tag === 'Float16Array') return { type: name, data };
  throw new TypeError(`A ${name} tensor's data must be type of ${Elements}`);
}

/**
 * The type that the data itself tells, for `new Tensor(data, dims?)`.
 * @returns {{ type: string, data: ArrayBufferView | string[] }}
 */
export function dataOfItself(data) {
  settleFloat16();
  if (Array.isArray(data)) {
    if (data.length === 0) throw new TypeError('Tensor type cannot be inferred from an empty array.');
    const element = typeof data[0];
    if (element === 'string') return { type: 'string', data };
    if (element === 'boolean') return { type: 'bool', data: Uint8Array.from(data) };
    throw new TypeError(`Invalid element type of data array: ${element}.`);
  }
  const array = data?.constructor;
  if (array?.name === 'Uint8ClampedArray') return { type: 'uint8', data: Uint8Array.from(data) };
  // By the constructor's own name: a subclass such as Buffer does not say what its bytes are.
  const type = ArrayBuffer.isView(data) ? typeOfArray.get(array.name) : undefined;
  if (!type) throw new TypeError(`Unsupported type for tensor data: ${array ?? data}.`);
  return { type, data };
}
