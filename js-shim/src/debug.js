// What `env.debug` adds: lines on the console about what is allowed and seldom meant.
import { env } from './env.js';

/** The flags of `env.wasm` that say how the wasm file is loaded, and what they were when it was. */
const early = ['simd', 'initTimeout', 'wasmPaths', 'wasmBinary', 'wasmModule'];
let settled;

const say = (text) => console.warn(`[apus] ${text}`);

/** Remembers the flags that the wasm file was loaded with. */
export function rememberFlags() {
  settled ??= { ...env.wasm };
}

/** Tells, once a change, of flags that came too late. */
export function checkFlags() {
  if (!env.debug) return;
  for (const name of early) {
    if (env.wasm[name] === settled[name]) continue;
    say(`env.wasm.${name} was changed after the wasm file was loaded, which is too late.`);
    settled[name] = env.wasm[name];
  }
}

/** The bits of infinity where a type's bit patterns stand in an array of integers; what lies above is NaN. */
const infinities = { float16: 0x7c00, bfloat16: 0x7f80 };

/** Tells of NaN in a tensor of floats, and of elements that the dims leave out. */
export function checkFeed(name, { type, dims, data }) {
  if (!env.debug) return;
  const isNaN = data instanceof Uint16Array ? (bits) => (bits & 0x7fff) > infinities[type] : Number.isNaN;
  const at = /^b?float(16|32|64)$/.test(type) ? data.findIndex(isNaN) : -1;
  if (at >= 0) say(`input '${name}' has NaN at element ${at}.`);
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (count < data.length) {
    say(`input '${name}': dims [${dims.join(', ')}] take ${count} of ${data.length} elements.`);
  }
}
