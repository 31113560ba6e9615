// Checks of arguments, in the reference's words and with its classes of error: TypeError for a wrong kind, RangeError
// for a wrong value, Error for a wrong state.

/** Whether options of that kind are taken: any object but null. */
const isObject = (value) => typeof value === 'object' && value !== null;

/** @returns {object} the options, `{}` where none are given */
export function checkOptions(options) {
  if (options === undefined) return {};
  if (!isObject(options)) throw new TypeError("'options' must be an object.");
  return options;
}

/**
 * The number of elements of a tensor of these dims.
 * @param {readonly number[]} dims
 */
export function sizeOf(dims) {
  let size = 1;
  for (let i = 0; i < dims.length; i++) {
    const dim = dims[i];
    if (typeof dim !== 'number' || !Number.isSafeInteger(dim)) {
      throw new TypeError(`dims[${i}] must be an integer, got: ${dim}`);
    }
    if (dim < 0) throw new RangeError(`dims[${i}] must be a non-negative integer, got: ${dim}`);
    size *= dim;
  }
  return size;
}

/**
 * What bytes can be read of, in one of few forms: a path or address, a Uint8Array, or a Response, Request, Blob or
 * ReadableStream as it is. Undefined for anything else.
 */
export function readable(value) {
  if (typeof value === 'string') return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (isBuffer(value)) return new Uint8Array(value);
  const tag = tagOf(value);
  if (tag === 'URL') return value.href;
  return ['Response', 'Request', 'Blob', 'File', 'ReadableStream'].includes(tag) ? value : undefined;
}

/**
 * The arguments of `create`: `(model, options?)`, or `(buffer, byteOffset, byteLength?, options?)`.
 * @returns {{ model: string | Uint8Array | Response | Request | Blob | ReadableStream, options: object }}
 */
export function checkCreate(given, arg1, arg2, arg3) {
  const model = readable(given);
  if (model === undefined) throw new TypeError("Unexpected argument[0]: must be 'path' or 'buffer'.");
  if (!isBuffer(given) || typeof arg1 !== 'number') return { model, options: checkOptions(arg1) };
  const length = model.byteLength;
  if (!Number.isSafeInteger(arg1)) throw new RangeError("'byteOffset' must be an integer.");
  if (arg1 < 0 || arg1 >= length) throw new RangeError(`'byteOffset' is out of range [0, ${length}).`);
  let byteLength = length - arg1;
  if (arg2 !== undefined) {
    if (typeof arg2 !== 'number') throw new TypeError("'byteLength' must be a number.");
    if (!Number.isSafeInteger(arg2)) throw new RangeError("'byteLength' must be an integer.");
    if (arg2 <= 0 || arg2 > byteLength) throw new RangeError(`'byteLength' is out of range (0, ${byteLength}].`);
    byteLength = arg2;
  }
  return { model: model.subarray(arg1, arg1 + byteLength), options: checkOptions(arg3) };
}

/** What kind of built-in object a value is; an object of another realm has the same tag. */
export const tagOf = (value) => Object.prototype.toString.call(value).slice(8, -1);

const isBuffer = (value) => isObject(value) && ['ArrayBuffer', 'SharedArrayBuffer'].includes(tagOf(value));

/** Whether `value` is a tensor, of this copy of the library or of another one. */
export const isTensor = (value) =>
  isObject(value) && typeof value.type === 'string' && typeof value.location === 'string' && Array.isArray(value.dims);

/**
 * The arguments of `run`: `(feeds, options?)` or `(feeds, fetches, options?)`.
 *
 * An object in second place is `fetches` where a property named like an output holds null or a tensor.
 * @returns {{ fetches: Record<string, object | null>, options: object }}
 */
export function checkRun(session, feeds, arg1, arg2) {
  if (!isObject(feeds) || isTensor(feeds) || Array.isArray(feeds)) {
    throw new TypeError(
      "'feeds' must be an object that use input names as keys and OnnxValue as corresponding values.",
    );
  }
  const { inputNames, outputNames } = session;
  const isKnown = (name) => outputNames.includes(name) || session.handler.isIntermediate?.(name);
  let fetches;
  let options = {};
  if (arg1 === undefined) {
    options = checkOptions(arg2);
  } else if (!isObject(arg1)) {
    const must = arg1 === null ? 'cannot be null.' : "must be 'fetches' or 'options'.";
    throw new TypeError(`Unexpected argument[1]: ${must}`);
  } else if (isTensor(arg1)) {
    throw new TypeError("'fetches' cannot be a Tensor");
  } else if (Array.isArray(arg1)) {
    fetches = checkFetchList(isKnown, arg1);
    options = checkOptions(arg2);
  } else {
    for (const name of [...outputNames, ...Object.keys(arg1)]) {
      if (!Object.hasOwn(arg1, name) || !isKnown(name)) continue;
      const value = arg1[name];
      if (value === null || isTensor(value)) (fetches ??= {})[name] = value;
    }
    options = fetches ? checkOptions(arg2) : arg1;
  }
  for (const name of inputNames) {
    if (feeds[name] === undefined) throw new Error(`input '${name}' is missing in 'feeds'.`);
  }
  if (!fetches) {
    fetches = {};
    for (const name of outputNames) fetches[name] = null;
  }
  return { fetches, options };
}

function checkFetchList(isKnown, names) {
  if (names.length === 0) throw new TypeError("'fetches' cannot be an empty array.");
  const fetches = {};
  for (const name of names) {
    if (typeof name !== 'string') throw new TypeError("'fetches' must be a string array or an object.");
    if (!isKnown(name)) throw new RangeError(`'fetches' contains invalid output name: ${name}.`);
    fetches[name] = null;
  }
  return fetches;
}
