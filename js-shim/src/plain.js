const cloneable = /^((Shared)?ArrayBuffer|DataView|Date|RegExp|Blob|File|WebAssembly\.Module|\w+Array)$/;

/**
 * Settings or options as they can be posted to a worker: addresses as text, and without functions and what belongs to
 * this thread alone, such as a GPU device.
 *
 * @param {object[]} [above]  the objects that hold this one, of which none is copied again
 */
export function plain(value, above = []) {
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (typeof value.href === 'string') return value.href;
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (cloneable.test(tag) && !Array.isArray(value)) return value;
  if (above.includes(value)) return undefined;
  if (Array.isArray(value)) return value.map((inner) => plain(inner, [...above, value]));
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return undefined;
  const copies = Object.entries(value).map(([key, inner]) => [key, plain(inner, [...above, value])]);
  return Object.fromEntries(copies.filter(([, copy]) => copy !== undefined));
}
