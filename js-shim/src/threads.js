// How many threads there may be, and the wish of the user set right: `env.wasm.numThreads`.
import { env } from './env.js';
import { canStartWorkers, processorCount } from './workers.js';

/** A page without cross-origin isolation has no shared memory to give to threads. */
const isIsolated = () => typeof self === 'undefined' || self.crossOriginIsolated !== false;

/** Half the processors, at most four; on a page that is not isolated only its own thread. */
const usual = () => (isIsolated() ? Math.min(4, Math.ceil(processorCount() / 2)) : 1);

/** Whether this host has shared memory, and threads that could be started with it. */
const hasThreads = () => typeof SharedArrayBuffer === 'function' && isIsolated() && canStartWorkers();

/** What comes compiled has been compiled for plain memory. */
const isPossible = () => hasThreads() && !env.wasm.wasmModule;

/** The threads of a session: its own wish where it has one, else the library's. */
export function threadsFor({ intraOpNumThreads }) {
  settleThreads();
  const own = Number.isInteger(intraOpNumThreads) && intraOpNumThreads > 0;
  return own && isPossible() ? intraOpNumThreads : env.wasm.numThreads;
}

/** Writes into `env.wasm.numThreads` what it comes to, before the first session. */
export function settleThreads() {
  const flags = env.wasm;
  const wanted = flags.numThreads;
  const isNumber = typeof wanted === 'number' && Number.isInteger(wanted) && wanted > 0;
  if (!isNumber) flags.numThreads = isPossible() ? usual() : 1;
  if (flags.numThreads === 1 || isPossible()) return;
  if (!isIsolated()) {
    console.warn(
      `env.wasm.numThreads is set to ${wanted}, but this will not work unless you enable crossOriginIsolated mode. ` +
        'See https://web.dev/cross-origin-isolation-guide/ for more info.',
    );
  }
  if (hasThreads()) {
    console.warn('env.wasm.wasmModule runs on one thread; env.wasm.wasmBinary can be given to more.');
  } else {
    console.warn(
      'WebAssembly multi-threading is not supported in the current environment. Falling back to single-threading.',
    );
  }
  flags.numThreads = 1;
}
