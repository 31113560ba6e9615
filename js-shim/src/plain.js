// Settings and options as objects that can be posted to a worker.
import { env } from './env.js';
import { isObject, tagOf } from './validate.js';

/**
 * The settings as an object that can be posted to a worker: addresses as text, and without functions and what belongs
 * to this thread alone, such as a GPU device.
 */
export const plainEnv = () => plain(env);

const cloneable = /^((Shared)?ArrayBuffer|DataView|Date|RegExp|Blob|File|WebAssembly\.Module|\w+Array)$/;

/**
 * The same of any settings or options.
 * @param {object[]} [above]  the objects that hold this one, of which none is copied again
 */
export function plain(value, above = []) {
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (!isObject(value)) return value;
  if (typeof value.href === 'string') return value.href;
  const tag = tagOf(value);
  if (cloneable.test(tag)) return value;
  const isArray = Array.isArray(value);
  const prototype = Object.getPrototypeOf(value);
  const isPlain = isArray || prototype === null || Object.getPrototypeOf(prototype) === null;
  if (!isPlain || above.includes(value)) return undefined;
  const copies = Object.entries(value).map(([key, inner]) => [key, plain(inner, [...above, value])]);
  const kept = copies.filter(([, copy]) => copy !== undefined);
  return isArray ? kept.map(([, copy]) => copy) : Object.fromEntries(kept);
}
