// What the host gives, asked for when it is needed and never before: pages have `fetch`, Node, Deno and Bun have files
// too, and an AudioWorklet has neither, nor `URL`, `performance` or timers.
import { runtimeError } from './errors.js';

/** A module that comes with Node, Deno and Bun; undefined elsewhere. */
export const builtin = (name) => globalThis.process?.getBuiltinModule?.(`node:${name}`);

export const now = () => (typeof performance === 'object' ? performance.now() : Date.now());

/** Lets other work of this thread go on, where the host has any way to. */
export const nextTurn = () =>
  new Promise((resolve) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve);
    } else if (typeof MessageChannel === 'function') {
      // Rather than a timer, which browsers throttle and clamp.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(0);
    } else if (typeof setTimeout === 'function') {
      setTimeout(resolve);
    } else {
      resolve();
    }
  });

/** Whether a path or address means a file that can be read here. */
export const isFile = (address) =>
  builtin('fs') !== undefined && (address.startsWith('file:') || !/^[a-z][a-z\d+.-]+:/i.test(address));

const pathOf = (address) => (address.startsWith('file:') ? builtin('url').fileURLToPath(address) : address);

/**
 * A file as a source that is read piece by piece, as the core asks for it.
 * @param {string} doing  for errors: what it was opened for
 * @returns {import('./core.js').Source}
 */
export function openFile(address, doing = 'Load model from') {
  const fs = builtin('fs');
  const path = pathOf(address);
  let file;
  try {
    file = fs.openSync(path, 'r');
    const status = fs.fstatSync(file);
    if (!status.isFile()) throw new Error('not a file');
    const { size } = status;
    return {
      byteCount: size,
      read(offset, target) {
        for (let done = 0; done < target.length; ) {
          const count = fs.readSync(file, target, done, target.length - done, offset + done);
          if (count === 0) throw runtimeError(1, `${path} ends at ${offset + done} of ${size} bytes`);
          done += count;
        }
      },
      close() {
        if (file !== undefined) fs.closeSync(file);
        file = undefined;
      },
    };
  } catch (cause) {
    if (file !== undefined) fs.closeSync(file);
    const code = cause?.code === 'ENOENT' ? 3 : 1;
    throw runtimeError(code, `${doing} ${path} failed: ${code === 3 ? 'no such file' : cause.message}`, { cause });
  }
}

/**
 * A file of weights beside the model's; undefined where the model did not come from a file.
 * @param {unknown} model  what the session was made of
 */
export function openBeside(model, location) {
  if (typeof model !== 'string' || !isFile(model)) return undefined;
  const path = builtin('path');
  const steps = location.split(/[\\/]/);
  if (path.isAbsolute(location) || steps.includes('..')) {
    throw runtimeError(2, `external data '${location}' must lie below the model's folder`);
  }
  return openFile(path.join(path.dirname(pathOf(model)), location), 'Load external data from');
}

/**
 * A wasm file: its response where it can be compiled as it arrives, else its bytes.
 * @param {string} address
 * @returns {Promise<Response | Uint8Array>}
 */
export async function readWasm(address) {
  if (isFile(address)) return builtin('fs').promises.readFile(pathOf(address));
  const response = await fetch(address).catch((cause) => {
    // A page is not told which of them it was.
    const needed = 'a server of another origin must allow this one by CORS, and the policy of the page the server';
    throw new Error(`no answer; ${needed}`, { cause });
  });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const streams = (response.headers.get('content-type') ?? '').startsWith('application/wasm');
  return streams ? response : new Uint8Array(await response.arrayBuffer());
}

/** The bytes of a wasm file that is at hand as a file. */
export function readWasmNow(address) {
  if (!isFile(address)) throw new Error('it cannot be fetched without waiting');
  return builtin('fs').readFileSync(pathOf(address));
}
