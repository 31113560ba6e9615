// What browsers give: `fetch`, and turns of their event loop. node.js exports the same names for Node. Nothing here is
// touched before it is needed: an AudioWorklet has no `fetch`, `URL`, `performance` or timers.
import { bytesSource } from './source.js';

export const now = () => (typeof performance === 'object' ? performance.now() : Date.now());

/** Lets other work of this thread go on: a message to ourselves, since timers are throttled and clamped. */
export const nextTurn = () =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });

/**
 * A model file, fetched whole.
 * @returns {Promise<import('./core.js').Source>}
 */
export async function openModel(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`failed to load external data file: ${path}`);
  return bytesSource(new Uint8Array(await response.arrayBuffer()));
}

/** Files beside a model cannot be looked for here; `externalData` names them. */
export const openBeside = () => undefined;

/**
 * A wasm file: its response where it can be compiled as it arrives, else its bytes.
 * @returns {Promise<Response | Uint8Array>}
 */
export async function readWasm(address) {
  const response = await fetch(address).catch((cause) => {
    // A page is not told which of them it was.
    const needed = 'a server of another origin must allow this one by CORS, and the policy of the page the server';
    throw new Error(`no answer; ${needed}`, { cause });
  });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const streams = (response.headers.get('content-type') ?? '').startsWith('application/wasm');
  return streams ? response : new Uint8Array(await response.arrayBuffer());
}
