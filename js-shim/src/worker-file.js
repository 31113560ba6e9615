// The worker file, `ort-wasm-worker.mjs`, seen from the script: what few programs need is in it, and it is imported
// when the first of them asks.
import { build } from './build.js';
import { env } from './env.js';

let loading;

/**
 * The exports of worker.js, from the file beside this script, else from under `env.wasm.wasmPaths` where that is a
 * prefix. A failure may be tried again.
 * @returns {Promise<typeof import('./worker.js')>}
 */
export function loadWorkerFile() {
  loading ??= importFile().catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

/** For that file itself, which shares this module's code and has nothing to look for. */
export function provideWorkerFile(file) {
  loading = Promise.resolve(file);
}

async function importFile() {
  const failures = [];
  for (const address of addresses()) {
    try {
      const file = await import(apusComments + address);
      if (file.build === build) return file;
      failures.push(`The worker file ${address} is of another build (${file.build}) than this script (${build}).`);
    } catch (error) {
      failures.push(`The worker file ${address} could not be loaded: ${error.message}.`);
    }
  }
  throw new Error(failures.join(' '));
}

function addresses() {
  // Spelt out for bundlers, which look for this very form.
  const found = [new URL('./ort-wasm-worker.mjs', import.meta.url)];
  const { wasmPaths } = env.wasm;
  if (typeof wasmPaths === 'string') {
    const prefix = new URL(wasmPaths.replace(/\/?$/, '/'), globalThis.location?.href ?? import.meta.url);
    found.push(new URL('ort-wasm-worker.mjs', prefix));
  }
  return found;
}
