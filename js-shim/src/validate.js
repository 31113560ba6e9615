// Checks of arguments, in the reference's words and with its classes of error: TypeError for a wrong kind, RangeError
// for a wrong value, Error for a wrong state.

/** Whether options of that kind are taken: any object but null. */
export const isObject = (value) => typeof value === 'object' && value !== null;

/** @returns {object} the options, `{}` where none are given */
export function checkOptions(options = {}) {
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
    if (!Number.isSafeInteger(dim)) throw new TypeError(`dims[${i}] must be an integer, got: ${dim}`);
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
  if (ArrayBuffer.isView(value)) return bytesOf(value);
  if (isBuffer(value)) return new Uint8Array(value);
  const tag = tagOf(value);
  if (tag === 'URL') return value.href;
  return /^(Response|Request|Blob|File|ReadableStream)$/.test(tag) ? value : undefined;
}

/**
 * The arguments of `create`: `(model, options?)`, or `(buffer, byteOffset, byteLength?, options?)`.
 * @returns {{ model: string | Uint8Array | Response | Request | Blob | ReadableStream, options: object }}
 */
export function checkCreate(given, arg1, arg2, arg3) {
  const model = readable(given);
  if (model === undefined) throw new TypeError("Unexpected argument[0]: must be 'path' or 'buffer'.");
  if (!isBuffer(given) || typeof arg1 !== 'number') return { model, options: checkOptions(arg1) };
  const { length } = model;
  checkInteger('byteOffset', arg1, arg1 >= 0 && arg1 < length, `[0, ${length})`);
  const rest = length - arg1;
  const byteLength = arg2 === undefined ? rest : arg2;
  if (typeof byteLength !== 'number') throw new TypeError("'byteLength' must be a number.");
  checkInteger('byteLength', byteLength, byteLength > 0 && byteLength <= rest, `(0, ${rest}]`);
  return { model: model.subarray(arg1, arg1 + byteLength), options: checkOptions(arg3) };
}

function checkInteger(name, value, isWithin, range) {
  if (!Number.isSafeInteger(value)) throw new RangeError(`'${name}' must be an integer.`);
  if (!isWithin) throw new RangeError(`'${name}' is out of range ${range}.`);
}

/** The bytes of any view, without a copy. */
export const bytesOf = (view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

/** What kind of built-in object a value is; an object of another realm has the same tag. */
export const tagOf = (value) =>
  value?.[Symbol.toStringTag] ?? Object.prototype.toString.call(value).slice(8, -1);

const isBuffer = (value) => /^(Shared)?ArrayBuffer$/.test(tagOf(value));

/** Whether `value` is a tensor, of this copy of the library or of another one. */
export const isTensor = (value) =>
  isObject(value) && typeof value.type === 'string' && typeof value.location === 'string' && Array.isArray(value.dims);

/**
 * The arguments of `run`: `(feeds, options?)` or `(feeds, fetches, options?)`.
 *
 * An object in second place is `fetches` where a property named like an output holds null or a tensor.
 * @returns {{ fetches: Record<string, object | null>, options: object }}
 */
export function checkRun({ inputNames, outputNames, handler }, feeds, arg1, arg2) {
  if (!isObject(feeds) || isTensor(feeds) || Array.isArray(feeds)) {
    throw new TypeError(
      "'feeds' must be an object that use input names as keys and OnnxValue as corresponding values.",
    );
  }
  const isKnown = (name) => outputNames.includes(name) || handler.isIntermediate?.(name);
  let names = outputNames;
  let given;
  let options = arg2;
  if (Array.isArray(arg1)) {
    if (arg1.length === 0) throw new TypeError("'fetches' cannot be an empty array.");
    for (const name of arg1) {
      if (typeof name !== 'string') throw new TypeError("'fetches' must be a string array or an object.");
      if (!isKnown(name)) throw new RangeError(`'fetches' contains invalid output name: ${name}.`);
    }
    names = arg1;
  } else if (isObject(arg1)) {
    if (isTensor(arg1)) throw new TypeError("'fetches' cannot be a Tensor");
    const isFetch = (name) =>
      Object.hasOwn(arg1, name) && isKnown(name) && (arg1[name] === null || isTensor(arg1[name]));
    const asked = [...outputNames, ...Object.keys(arg1)].filter(isFetch);
    if (asked.length > 0) [names, given] = [asked, arg1];
    else options = arg1;
  } else if (arg1 !== undefined) {
    const must = arg1 === null ? 'cannot be null.' : "must be 'fetches' or 'options'.";
    throw new TypeError(`Unexpected argument[1]: ${must}`);
  }
  options = checkOptions(options);
  for (const name of inputNames) {
    if (feeds[name] === undefined) throw new Error(`input '${name}' is missing in 'feeds'.`);
  }
  const fetches = {};
  for (const name of names) fetches[name] = given?.[name] ?? null;
  return { fetches, options };
}
