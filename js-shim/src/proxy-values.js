// What crosses between a page and its proxy worker: plain objects in place of tensors and errors.
import { isObject } from './validate.js';

/** A value as it can be posted; where `isCopied`, arrays in a larger or shared buffer are cut out first. */
export function plainOf(value, isCopied) {
  if (Array.isArray(value)) return value.map((element) => plainOf(element, isCopied));
  if (typeof value?.type !== 'string') return value;
  const { type, dims, data } = value;
  return { type, dims, data: isCopied && ArrayBuffer.isView(data) ? tight(data) : data, location: 'cpu' };
}

/** The same of every value of an object. */
export const plainValues = (values, isCopied) =>
  Object.fromEntries(Object.keys(values).map((name) => [name, plainOf(values[name], isCopied)]));

/** The view alone: posting a part of a buffer copies all of it, posting shared memory none of it. */
export function tight(view) {
  const { buffer, byteOffset, byteLength } = view;
  if (byteLength === buffer.byteLength && buffer instanceof ArrayBuffer) return view;
  return view.slice ? view.slice() : new Uint8Array(buffer, byteOffset, byteLength).slice();
}

/** The buffers beneath a value that can be given away, each once. */
export function buffersOf(value, found = new Set()) {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer);
  } else if (isObject(value)) {
    for (const inner of Object.values(value)) buffersOf(inner, found);
  }
  return [...found];
}

/** What came across, with tensors that are tensors. */
export function tensorsOf(value, Tensor) {
  if (Array.isArray(value)) return value.map((element) => tensorsOf(element, Tensor));
  return typeof value?.type === 'string' ? new Tensor(value.type, value.data, value.dims) : value;
}

const kinds = { TypeError, RangeError };

export function plainError(error) {
  const { name, message, cause } = error;
  const fields = { ...error, cause: undefined };
  return { kind: error?.constructor?.name, name, message, cause: cause?.message, fields };
}

/** The error as it was thrown there: the same class, text and fields. */
export function errorOf({ kind, name, message, cause, fields }) {
  const error = new (kinds[kind] ?? Error)(message, cause === undefined ? undefined : { cause: new Error(cause) });
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) error[key] = value;
  Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  return error;
}
