// How many threads there may be, and the wish of the user set right: `env.wasm.numThreads`.
import { env } from './env.js';
import { remarks, warnOnce } from './errors.js';
import { builtin } from './host.js';
import { threadsAskedFor } from './session-options.js';
import { loadWorkerFile } from './worker-file.js';

/** Processors of this machine, as far as the host tells. */
const processorCount = () => globalThis.navigator?.hardwareConcurrency || builtin('os')?.cpus().length || 1;

/** A page without cross-origin isolation has no shared memory to give to threads. */
const isIsolated = () => globalThis.crossOriginIsolated !== false;

/** Whether this host has shared memory, and threads that could be started with it. */
const hasThreads = () =>
  !!(globalThis.SharedArrayBuffer && isIsolated() && (globalThis.Worker ?? builtin('worker_threads')));

/** What comes compiled has been compiled for plain memory. */
const mostThreads = () => (hasThreads() && !env.wasm.wasmModule ? Infinity : 1);

const isCount = (number) => Number.isInteger(number) && number > 0;

/** The threads of a session: its own wish where it has one, else the library's. */
export function threadsFor(options) {
  settleThreads();
  const wanted = threadsAskedFor(options);
  return isCount(wanted) && mostThreads() > 1 ? wanted : env.wasm.numThreads;
}

/** Writes into `env.wasm.numThreads` what it comes to, before the first session; half the processors where unset. */
export function settleThreads() {
  const flags = env.wasm;
  const most = mostThreads();
  const wanted = isCount(flags.numThreads) ? flags.numThreads : 0;
  flags.numThreads = Math.min(most, wanted || Math.min(4, Math.ceil(processorCount() / 2)));
  if (wanted > most) remarks.push(['env.wasm.numThreads', wanted, isIsolated(), hasThreads()]);
}

/**
 * Starts what a session of so many threads needs. Where that fails there is one warning, and `env.wasm.numThreads`
 * becomes the truth.
 * @returns {Promise<{ PoolMember: typeof import('./pool.js').PoolMember } | undefined>}
 */
export async function startThreads(threads) {
  let file;
  try {
    file = await loadWorkerFile();
    await file.startWorkers(threads - 1);
  } catch (error) {
    env.wasm.numThreads = 1 + (file?.workers.length ?? 0);
    warnOnce(`Fewer threads than asked for (${env.wasm.numThreads}): ${error.message}`);
  }
  return file;
}
