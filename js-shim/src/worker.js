// The worker file, `ort-wasm-worker.mjs`. A script imports it for what it exports, and every worker is started with it:
// the first message says what the worker is to be. It answers with its build, since the file may have been replaced
// after the script imported it.
import { build } from './build.js';
import { onDemand } from './on-demand.js';
import { builtin } from './host.js';
import { serveSessions } from './proxy-worker.js';
import { workForSessions } from './thread.js';
import { provideWorkerFile } from './worker-file.js';
import { isWorker } from './workers.js';

export { build, onDemand };

const roles = { thread: workForSessions, proxy: serveSessions };

provideWorkerFile(onDemand);

if (isWorker) {
  /** Node's workers have a port, those of browsers are one. */
  const port = builtin('worker_threads')?.parentPort ?? globalThis;
  const listen = (handle) => {
    // One property in browsers; in Node, properties of a port that is no EventTarget mean nothing.
    if (port.on) port.removeAllListeners('message').on('message', handle);
    else port.onmessage = (event) => handle(event.data);
  };
  listen((greeting) => {
    listen(roles[greeting.role](greeting, port));
    port.postMessage({ build });
  });
}
