// What the host gives, asked for when it is needed and never before: pages have `fetch`, Node, Deno and Bun have files
// too, and an AudioWorklet has neither, nor `URL`, `performance` or timers.

/** A module that comes with Node, Deno and Bun; undefined elsewhere. */
export const builtin = (name) => globalThis.process?.getBuiltinModule?.(`node:${name}`);

export const now = () => (globalThis.performance ?? Date).now();

/** Lets other work of this thread go on, where the host has any way to. */
export const nextTurn = () =>
  new Promise((resolve) => {
    const { setImmediate, MessageChannel, setTimeout } = globalThis;
    if (setImmediate) return setImmediate(resolve);
    if (!MessageChannel) return setTimeout ? setTimeout(resolve) : resolve();
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
 * A wasm file: its response where it can be compiled as it arrives, and is to be, else its bytes.
 * @param {string} address
 * @param {boolean} [streams]
 * @returns {Promise<Response | Uint8Array>}
 */
export async function readWasm(address, streams) {
  if (isFile(address)) return builtin('fs').promises.readFile(pathOf(address));
  const response = await fetch(address).catch((cause) => {
    // A page is not told which of them it was.
    throw new Error('no answer, or CORS or the policy of the page forbids it', { cause });
  });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const isWasm = /^application\/wasm/.test(response.headers.get('content-type'));
  return streams && isWasm ? response : new Uint8Array(await response.arrayBuffer());
}

/** The bytes of a wasm file that is at hand as a file. */
export function readWasmNow(address) {
  if (!isFile(address)) throw new Error('it cannot be read without waiting');
  return builtin('fs').readFileSync(pathOf(address));
}
