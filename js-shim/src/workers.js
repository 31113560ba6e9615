// Starting workers from the one worker file, in whatever host this is.
import { build } from './build.js';
import { env } from './env.js';
import { builtin } from './host.js';

const fileName = 'ort-wasm-worker.mjs';
const handshakeLimit = 10_000;

/** Processors of this machine, as far as the host tells. */
export const processorCount = () => globalThis.navigator?.hardwareConcurrency || builtin('os')?.cpus().length || 1;

export const canStartWorkers = () => typeof Worker === 'function' || builtin('worker_threads') !== undefined;

/**
 * @typedef {object} WorkerPort
 * @property {(message: unknown, transfer?: Transferable[]) => void} post
 * @property {(message: any) => void} onMessage  to be set
 * @property {(why: string) => void} onError  to be set
 * @property {() => void} ref  a Node process must not end while the worker works
 * @property {() => void} unref  it may, while the worker waits
 * @property {() => void} terminate
 */

/**
 * Starts a worker and waits for its answer, which tells the build it is of. The file is looked for beside this script,
 * then under `env.wasm.wasmPaths` where that is a prefix.
 *
 * @param {object} greeting  the first message: what the worker is to be
 * @returns {Promise<WorkerPort>}
 */
export async function openWorker(greeting) {
  const failures = [];
  for (const address of addresses()) {
    try {
      return await greet(address, greeting);
    } catch (error) {
      failures.push(error.message);
    }
  }
  throw new Error(failures.join(' '));
}

function addresses() {
  const { wasmPaths } = env.wasm;
  // Spelt out for bundlers, which look for this very form.
  const found = [new URL('./ort-wasm-worker.mjs', import.meta.url)];
  if (typeof wasmPaths === 'string') {
    const folder = wasmPaths.endsWith('/') ? wasmPaths : `${wasmPaths}/`;
    found.push(new URL(folder + fileName, globalThis.location?.href ?? import.meta.url));
  }
  return found;
}

function greet(address, greeting) {
  return new Promise((resolve, reject) => {
    const port = startWorker(address);
    const settle = (act, value) => {
      clearTimeout(timer);
      port.onError = port.onMessage = undefined;
      port.settled?.();
      act(value);
    };
    const fail = (why) => {
      port.terminate();
      settle(reject, new Error(`The worker file ${address} ${why}.`));
    };
    const timer = setTimeout(() => fail(`did not answer within ${handshakeLimit / 1000} s`), handshakeLimit);
    port.onError = (why) => fail(`could not be started: ${why || 'it was not found or is not allowed'}`);
    port.onMessage = (answer) => {
      if (answer?.build === build) settle(resolve, port);
      else fail(`is of another build (${answer?.build}) than this script (${build})`);
    };
    port.post(greeting);
  });
}

/** @returns {WorkerPort} */
function startWorker(address) {
  if (typeof Worker !== 'function') return startThread(address);
  const { href, revoke } = startable(address);
  const worker = new Worker(href, { type: 'module', name: fileName });
  const port = {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    ref() {},
    unref() {},
    terminate: () => worker.terminate(),
    settled: revoke,
  };
  worker.onmessage = ({ data }) => port.onMessage?.(data);
  worker.onerror = (event) => {
    event.preventDefault();
    port.onError?.(event.message);
  };
  return port;
}

/** Browsers start no worker of another origin: there a blob of ours imports the file. */
function startable(address) {
  const origin = globalThis.location?.origin;
  if (!/^https?:/.test(address.href) || !origin || address.origin === origin) return { href: address.href };
  const text = `import ${JSON.stringify(address.href)};`;
  const href = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  return { href, revoke: () => URL.revokeObjectURL(href) };
}

function startThread(address) {
  // Without the process's own flags: `node -e` would not start a file.
  const thread = new (builtin('worker_threads').Worker)(address, { name: fileName, execArgv: [] });
  const port = {
    post: (message, transfer = []) => thread.postMessage(message, transfer),
    ref: () => thread.ref(),
    unref: () => thread.unref(),
    terminate: () => void thread.terminate(),
  };
  thread.on('message', (message) => port.onMessage?.(message));
  thread.on('error', (error) => port.onError?.(error.message));
  return port;
}
