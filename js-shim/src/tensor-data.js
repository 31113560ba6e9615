// From what a caller gives as a tensor's data to the array that holds it.
import { arrayOf, typeNamed, typeOfArray } from './tensor-types.js';
import { tagOf } from './validate.js';

/**
 * The array for a tensor of a named type. A typed array of the right kind is taken as it is, never copied.
 * @param {string} name
 * @returns {ArrayBufferView | string[]}
 */
export function dataOfType(name, data) {
  if (name === 'string') {
    if (!Array.isArray(data)) throw new TypeError("A string tensor's data must be a string array.");
    return data;
  }
  const type = typeNamed(name);
  if (!type) throw new TypeError(`Unsupported tensor type: ${name}.`);
  const { arrayName, isRaw } = type;
  const Elements = arrayOf(type);
  if (Array.isArray(data)) {
    if (isRaw) {
      throw new TypeError(
        `Creating a ${name} tensor from number array is not supported. Please use ${arrayName} as data.`,
      );
    }
    return arrayName.startsWith('Big') ? Elements.from(data, BigInt) : Elements.from(data);
  }
  const tag = tagOf(data);
  const isHalf = name === 'float16';
  if (tag === arrayName || (isHalf && tag === 'Float16Array')) return data;
  if (tag === 'Uint8ClampedArray') {
    if (name === 'uint8') return Uint8Array.from(data);
    throw new TypeError("A Uint8ClampedArray tensor's data must be type of uint8");
  }
  if (isHalf && tag === 'Uint16Array') return new Elements(data.buffer, data.byteOffset, data.length);
  throw new TypeError(`A ${name} tensor's data must be type of ${Elements}`);
}

/**
 * The type that the data itself tells, for `new Tensor(data, dims?)`.
 * @returns {[type: string, data: ArrayBufferView | string[]]}
 */
export function dataOfItself(data) {
  if (Array.isArray(data)) {
    if (data.length === 0) throw new TypeError('Tensor type cannot be inferred from an empty array.');
    const element = typeof data[0];
    if (element === 'string') return [element, data];
    if (element === 'boolean') return ['bool', Uint8Array.from(data)];
    throw new TypeError(`Invalid element type of data array: ${element}.`);
  }
  const array = data?.constructor;
  if (array?.name === 'Uint8ClampedArray') return ['uint8', Uint8Array.from(data)];
  // By the constructor's own name: a subclass such as Buffer does not say what its bytes are.
  const type = ArrayBuffer.isView(data) && typeOfArray(array.name);
  if (!type) throw new TypeError(`Unsupported type for tensor data: ${array ?? data}.`);
  return [type, data];
}
