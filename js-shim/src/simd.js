// What vectors this host has, and what `env.wasm.simd` makes of it.
import { env } from './env.js';
import { remarks } from './errors.js';

/** A module of one function that makes a vector by the code given, which comes before `end`. */
const canRun = (...code) =>
  WebAssembly.validate(
    Uint8Array.of(
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7b, 3, 2, 1, 0],
      ...[10, code.length + 4, 1, code.length + 2, 0, ...code, 0x0b],
    ),
  );

/** `i32.const 0` and `i8x16.splat`; `i8x16.relaxed_swizzle` takes two of them. */
const zeros = [0x41, 0, 0xfd, 0x0f];
export const hasSimd = () => canRun(...zeros);
export const hasRelaxedSimd = () => canRun(...zeros, ...zeros, 0xfd, 0x80, 2);

/** What `env.wasm.simd` comes to; an error where the host lacks what it asks for. */
export function settleSimd() {
  const flags = env.wasm;
  const { simd } = flags;
  if (![undefined, true, false, 'fixed', 'relaxed'].includes(simd)) {
    remarks.push(['env.wasm.simd', simd]);
    flags.simd = false;
  } else if (simd !== false && !(simd === 'relaxed' ? hasRelaxedSimd : hasSimd)()) {
    const kind = simd === 'relaxed' ? 'Relaxed ' : '';
    throw new Error(`${kind}WebAssembly SIMD is not supported in the current environment.`);
  }
}

/** Whether a session is to use the file with relaxed SIMD, whose results depend on the machine. */
export const wantsRelaxed = ({ determinism }) =>
  env.wasm.simd === 'relaxed' && determinism !== 'strict' && hasRelaxedSimd();
