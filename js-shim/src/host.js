// What the host gives, asked for when it is needed and never before: pages have `fetch`, Node, Deno and Bun have files
// too, and an AudioWorklet has neither, nor `URL`, `performance` or timers.

/** A module that comes with Node, Deno and Bun; undefined elsewhere. */
export const builtin = (name) => globalThis.process?.getBuiltinModule?.(`node:${name}`);

export const now = () => (typeof performance === 'object' ? performance.now() : Date.now());

/** Lets other work of this thread go on, where the host has any way to. */
export const nextTurn = () =>
  new Promise((resolve) => {
    if (typeof setImmediate === 'function') return setImmediate(resolve);
    if (typeof MessageChannel !== 'function') return typeof setTimeout === 'function' ? setTimeout(resolve) : resolve();
    // Rather than a timer, which browsers throttle and clamp.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });

/** Whether a model or address is that of a file that can be read here. */
export const isFile = (address) =>
  typeof address === 'string' && builtin('fs') && /^(file:|(?![a-z][a-z\d+.-]+:))/i.test(address);

export const pathOf = (address) => (address.startsWith('file:') ? builtin('url').fileURLToPath(address) : address);

/**
 * A wasm file: its response where it can be compiled as it arrives, else its bytes.
 * @param {string} address
 * @returns {Promise<Response | Uint8Array>}
 */
export async function readWasm(address) {
  if (isFile(address)) return builtin('fs').promises.readFile(pathOf(address));
  const response = await fetch(address).catch((cause) => {
    // A page is not told which of them it was.
    throw new Error('no answer, or CORS or the policy of the page forbids it', { cause });
  });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const streams = (response.headers.get('content-type') ?? '').startsWith('application/wasm');
  return streams ? response : new Uint8Array(await response.arrayBuffer());
}

/** The bytes of a wasm file that is at hand as a file. */
export function readWasmNow(address) {
  if (!isFile(address)) throw new Error('it cannot be read without waiting');
  return builtin('fs').readFileSync(pathOf(address));
}
