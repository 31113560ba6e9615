// Between what a caller holds (tensors, arrays and maps of them) and the values that cross into wasm.
import { runtimeError } from './errors.js';
import { Tensor } from './tensor.js';
import { arrayOf, byteCountOf, typeNamed, typeOfCode } from './tensor-types.js';
import { bytesOf, isObject, isTensor, sizeOf, tagOf } from './validate.js';

/**
 * A tensor as a value; `data` is the caller's own array, or so much of it as the dims need.
 * @param {string} name  of the input, for errors
 */
export function tensorValue(tensor, name) {
  const { type, dims, data } = tensor;
  const row = typeNamed(type);
  if (!row) throw new TypeError(`input '${name}': unsupported tensor type: ${type}`);
  const count = sizeOf(dims);
  if (type === 'string') {
    for (let i = 0; i < count; i++) {
      if (typeof data[i] !== 'string') throw new TypeError(`tensor data at index ${i} is not a string`);
    }
    return { kind: 'strings', dims, strings: count === data.length ? data : data.slice(0, count) };
  }
  const tag = tagOf(data);
  if (tag !== row.arrayName && !(type === 'float16' && /^(Uint|Float)16Array$/.test(tag))) {
    throw new TypeError(`input '${name}': the data of a ${type} tensor must be ${row.arrayName}, got ${tag}`);
  }
  const byteCount = byteCountOf(row, count);
  const room = data.byteLength;
  let bytes = data;
  if (row.bits < 8 && count > 1 && data.length === count) bytes = pack(data, row.bits);
  else if (room > byteCount) bytes = bytesOf(data).subarray(0, byteCount);
  else if (room < byteCount) {
    throw runtimeError(2, `input '${name}': dims${textOf(dims)} need ${byteCount} bytes, the data has ${room}`);
  }
  return { kind: 'tensor', type: row.code, dims, data: bytes, address: 0, byteCount };
}

/** A Map as a value: keys are texts or int64, and values of the type that the model declares. */
export function mapValue(map, { name, type }) {
  const column = (items, type) => {
    if (type !== 'string' && items.some((item) => typeof item === 'string')) {
      throw new TypeError(`input '${name}': the Map needs ${type} here, got a string`);
    }
    return tensorValue(new Tensor(type, items), name);
  };
  const keys = [...map.keys()];
  const keyType = typeof (keys[0] ?? '') === 'string' ? 'string' : 'int64';
  return { kind: 'map', elements: [column(keys, keyType), column([...map.values()], type)] };
}

/** From one element a byte to as many as fit, the first in the low bits. */
function pack(elements, bits) {
  const perByte = 8 / bits;
  const packed = new Uint8Array(Math.ceil(elements.length / perByte));
  const mask = (1 << bits) - 1;
  elements.forEach((element, i) => {
    packed[Math.floor(i / perByte)] |= (element & mask) << (bits * (i % perByte));
  });
  return packed;
}

/** The same value with arrays of its own, for a run that has to wait; what lies in the session's memory stays there. */
export function snapshot(value) {
  if (ArrayBuffer.isView(value)) return value.slice();
  if (Array.isArray(value)) return value.map(snapshot);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, snapshot(part)]));
}

/**
 * A result as a Tensor, an array for a sequence, a Map, or null for an empty optional.
 * @param {boolean} [isLent]  whether its data may stay where results are, until the run ends
 */
export function resultOf(core, value, isLent) {
  const { kind, type, dims, strings, elements } = value;
  if (kind === 'tensor') {
    const row = typeOfCode(type);
    if (!row) throw runtimeError(9, `no tensor can hold elements of type ${type}`);
    const view = core.viewOf(value, arrayOf(row));
    return new Tensor(row.name, isLent ? view : view.slice(), dims);
  }
  if (kind === 'strings') return new Tensor('string', strings, dims);
  const results = elements?.map((element) => resultOf(core, element));
  if (kind === 'sequence') return results;
  if (kind !== 'map') return null;
  const [keys, values] = results.map((column) => column.data);
  return new Map(Array.from(keys, (key, i) => [key, values[i]]));
}

/** Copies a result into the caller's tensor, which must have its type and dims. */
export function fillTensor(tensor, result, name) {
  const [wanted, got] = [tensor, result].map((value) =>
    isTensor(value) ? value.type + textOf(value.dims) : 'no tensor',
  );
  if (wanted !== got) {
    throw runtimeError(2, `output '${name}': the tensor to fill is ${wanted}, the model returned ${got}`);
  }
  const { data } = tensor;
  if (tensor.type === 'string') {
    result.data.forEach((text, i) => (data[i] = text));
  } else {
    const { byteLength } = result.data;
    const room = data.byteLength;
    if (room < byteLength) {
      throw runtimeError(2, `output '${name}': ${byteLength} bytes do not fit the ${room} of the tensor to fill`);
    }
    bytesOf(data).set(bytesOf(result.data));
  }
  return tensor;
}

/** A shape in words, ` [2, batch, ?]`; nothing of an unknown one. */
export const textOf = (shape) => (shape ? ` [${shape.map((dim) => (dim === '' ? '?' : dim)).join(', ')}]` : '');
