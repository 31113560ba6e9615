// Between what a caller holds (tensors, arrays and maps of them) and the values that cross into wasm.
import { runtimeError } from './errors.js';
import { Tensor } from './tensor.js';
import { arrayOf, byteCountOf, typeNamed, typeOfCode } from './tensor-types.js';
import { bytesOf, isObject, isTensor, sizeOf, tagOf } from './validate.js';
import { workerFile } from './worker-file.js';

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
  if (tag !== row.arrayName && !(type === 'float16' && (tag === 'Uint16Array' || tag === 'Float16Array'))) {
    throw new TypeError(`input '${name}': the data of a ${type} tensor must be ${row.arrayName}, got ${tag}`);
  }
  const value = { kind: 'tensor', type: row.code, dims, data };
  if (row.bits < 8 && count > 1 && data.length === count) {
    value.data = pack(data, row.bits);
    return value;
  }
  const needed = byteCountOf(row, count);
  if (data.byteLength < needed) {
    const shape = dims.join(', ');
    throw runtimeError(2, `input '${name}': dims [${shape}] need ${needed} bytes, the data has ${data.byteLength}`);
  }
  if (data.byteLength > needed) value.data = bytesOf(data).subarray(0, needed);
  return value;
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
  return {
    kind: 'map',
    keys: column(keys, typeof (keys[0] ?? '') === 'string' ? 'string' : 'int64'),
    values: column([...map.values()], typeOfCode(type)?.name),
  };
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

/** A result in memory of its own: a Tensor, an array for a sequence, a Map, or null for an empty optional. */
export function resultOf(core, value) {
  switch (value.kind) {
    case 'tensor': {
      const row = typeOfCode(value.type);
      if (!row) throw runtimeError(9, `a result has element type ${value.type}, which no tensor can hold`);
      return new Tensor(row.name, core.copyOut(value, arrayOf(row)), value.dims);
    }
    case 'strings':
      return new Tensor('string', value.strings, value.dims);
    case 'sequence':
      return value.elements.map((element) => resultOf(core, element));
    case 'map': {
      const keys = resultOf(core, value.keys).data;
      const values = resultOf(core, value.values).data;
      return new Map(Array.from(keys, (key, i) => [key, values[i]]));
    }
    default:
      return null;
  }
}

/** Writes a result into the caller's tensor, which must have its type and dims. */
export function fillTensor(core, value, tensor, name) {
  const type = value.kind === 'strings' ? 'string' : typeOfCode(value.type)?.name;
  const same = value.dims?.length === tensor.dims.length && value.dims.every((dim, i) => dim === tensor.dims[i]);
  if (type !== tensor.type || !same) {
    throw runtimeError(
      2,
      `output '${name}': the tensor to fill is ${tensor.type} [${tensor.dims.join(', ')}], ` +
        `the model returned ${type ? `${type} [${value.dims.join(', ')}]` : `a ${value.kind}`}`,
    );
  }
  const { data } = tensor;
  if (value.kind === 'strings') {
    for (let i = 0; i < value.strings.length; i++) data[i] = value.strings[i];
  } else if (data.byteLength < value.byteCount) {
    const room = data.byteLength;
    throw runtimeError(2, `output '${name}': ${value.byteCount} bytes do not fit the ${room} of the tensor to fill`);
  } else {
    core.copyInto(value, data);
  }
  return tensor;
}

/** What `env.debug` tells of a tensor on its way in or out, where the worker file is there. */
export const checkForDebugging = (what, name, value) =>
  isTensor(value) && workerFile?.checkTensor(`${what} '${name}'`, value);
