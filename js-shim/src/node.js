// What Node gives: files, and turns of its event loop. web.js exports the same names for browsers.
import { runtimeError } from './errors.js';

const builtin = (name) => process.getBuiltinModule(`node:${name}`);

export const now = () => performance.now();

/** Lets other work of this thread go on. */
export const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/**
 * A model file, read piece by piece as the core asks for it.
 * @returns {Promise<import('./core.js').Source>}
 */
export async function openModel(path) {
  return openFile(path.startsWith('file:') ? builtin('url').fileURLToPath(path) : path, 'Load model from');
}

/**
 * A file of weights beside the model.
 * @param {string | undefined} model  the path that the model came from, where it came from one
 */
export function openBeside(model, location) {
  if (model === undefined) return undefined;
  const path = builtin('path');
  const steps = location.split(/[\\/]/);
  if (path.isAbsolute(location) || steps.includes('..')) {
    throw runtimeError(2, `external data '${location}' must lie below the model's folder`);
  }
  const from = model.startsWith('file:') ? builtin('url').fileURLToPath(model) : model;
  return openFile(path.join(path.dirname(from), location), 'Load external data from');
}

function openFile(path, doing) {
  const fs = builtin('fs');
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
      close: () => fs.closeSync(file),
    };
  } catch (cause) {
    if (file !== undefined) fs.closeSync(file);
    const code = cause?.code === 'ENOENT' ? 3 : 1;
    throw runtimeError(code, `${doing} ${path} failed: ${code === 3 ? 'no such file' : cause.message}`, { cause });
  }
}

/** The whole of a wasm file, by path or address. */
export async function readWasm(address) {
  const text = String(address);
  if (/^https?:|^data:|^blob:/.test(text)) return readResponse(await fetch(text));
  return builtin('fs').promises.readFile(text.startsWith('file:') ? new URL(text) : text);
}

async function readResponse(response) {
  if (!response.ok) throw new Error(`status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
