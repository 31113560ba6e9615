// Starting workers with this very file, in whatever host this is.
import { build } from './build.js';
import { builtin } from './host.js';

const fileName = 'ort-wasm-worker.mjs';
const handshakeLimit = 10_000;

/** The file that was imported here is what workers are started with. */
const address = new URL(import.meta.url);

/** Whether this is one of our workers: in a page, or in a worker of its own, the file is imported only. */
export const isWorker = (builtin('worker_threads')?.workerData ?? globalThis.name) === fileName;

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
 * Starts a worker and waits for its answer, which tells the build it is of.
 * @param {object} greeting  the first message: what the worker is to be
 * @returns {Promise<WorkerPort>}
 */
export function openWorker(greeting) {
  return new Promise((resolve, reject) => {
    const port = startWorker();
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
function startWorker() {
  if (typeof Worker !== 'function') return startThread();
  const { href, revoke } = startable();
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
function startable() {
  const origin = globalThis.location?.origin;
  if (!/^https?:/.test(address.href) || !origin || address.origin === origin) return { href: address.href };
  const text = `import ${JSON.stringify(address.href)};`;
  const href = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  return { href, revoke: () => URL.revokeObjectURL(href) };
}

function startThread() {
  // Without the process's own flags: `node -e` would not start a file.
  const thread = new (builtin('worker_threads').Worker)(address, { workerData: fileName, execArgv: [] });
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
