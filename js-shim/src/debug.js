// What `env.debug` adds: lines on the console about what is allowed and seldom meant. In the worker file.
import { isTensor, sizeOf } from './validate.js';

/** The flags of `env.wasm` that say how the wasm file is loaded. */
const early = ['simd', 'initTimeout', 'wasmPaths', 'wasmBinary', 'wasmModule'];

const say = (text) => console.warn(`[apus] ${text}`);

/**
 * Tells, once a change, of flags that came too late.
 * @param {object} flags  `env.wasm`
 * @param {object} settled  what they were when the wasm file was loaded
 */
export function checkFlags(flags, settled) {
  for (const name of early) {
    if (flags[name] === settled[name]) continue;
    say(`env.wasm.${name} was changed after the wasm file was loaded, which is too late.`);
    settled[name] = flags[name];
  }
}

/** The bits of infinity where a type's bit patterns stand in an array of integers; what lies above is NaN. */
const infinities = { float16: 0x7c00, bfloat16: 0x7f80 };

/**
 * Tells of NaN in a tensor of floats, and of elements that the dims leave out.
 * @param {'input' | 'output'} kind
 */
export function checkTensor(kind, name, value) {
  if (!isTensor(value)) return;
  const { type, dims, data } = value;
  const what = `${kind} '${name}'`;
  const isNaN = data instanceof Uint16Array ? (bits) => (bits & 0x7fff) > infinities[type] : Number.isNaN;
  const at = /^b?float(16|32|64)$/.test(type) ? data.findIndex(isNaN) : -1;
  if (at >= 0) say(`${what} has NaN at element ${at}.`);
  const count = sizeOf(dims);
  if (count < data.length) say(`${what}: dims [${dims.join(', ')}] take ${count} of ${data.length} elements.`);
}
