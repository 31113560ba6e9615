// The file that every worker starts, `ort-wasm-worker.mjs`: its first message says what it is to be. It answers with its
// build, so that a file of another release is found out.
import { build } from './build.js';
import { serveSessions } from './proxy-worker.js';
import { workForSessions } from './thread.js';

const roles = { thread: workForSessions, proxy: serveSessions };

/** Node's workers have a port, those of browsers are one. */
const port = globalThis.process?.getBuiltinModule?.('node:worker_threads')?.parentPort ?? globalThis;
const listen = (handle) => {
  // One property in browsers; in Node, properties of a port that is no EventTarget mean nothing.
  if (port.on) port.removeAllListeners('message').on('message', handle);
  else port.onmessage = (event) => handle(event.data);
};

listen((greeting) => {
  listen(roles[greeting.role](greeting, port));
  port.postMessage({ build });
});
