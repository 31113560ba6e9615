// The worker file, `ort-wasm-worker.mjs`, seen from the script: what few programs need is in it, and it is imported
// when the first of them asks.
import { build } from './build.js';
import { env } from './env.js';
import { builtin } from './host.js';

const fileName = 'ort-wasm-worker.mjs';

/** @type {typeof import('./on-demand.js').onDemand | undefined}  where it was imported already */
export let workerFile;
let loading;

/**
 * What on-demand.js lists, from the file beside this script, else from under `env.wasm.wasmPaths` where that is a
 * prefix. A failure may be tried again.
 * @returns {Promise<typeof import('./on-demand.js').onDemand>}
 */
export function loadWorkerFile() {
  loading ??= importFile().then(provideWorkerFile, (error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

/** The same without waiting: undefined where it was not imported before, and the host has no `require` for it. */
export function workerFileNow() {
  const path = workerFile ? undefined : builtin('url')?.fileURLToPath(besideScript());
  return path ? provideWorkerFile(checked(builtin('module').createRequire(path)(path))) : workerFile;
}

/** For that file itself, which shares this module's code and has nothing to look for. */
export const provideWorkerFile = (onDemand) => (workerFile = onDemand);

// Spelt out for bundlers, which look for this very form.
const besideScript = () => new URL('./ort-wasm-worker.mjs', import.meta.url);

function checked({ build: found, onDemand }) {
  if (found === build) return onDemand;
  throw new Error(`the worker file is of another build (${found}) than this script (${build})`);
}

async function importFile() {
  if (workerFile) return workerFile;
  const { wasmPaths } = env.wasm;
  const addresses = [besideScript()];
  if (typeof wasmPaths === 'string') {
    const prefix = new URL(wasmPaths.replace(/\/?$/, '/'), globalThis.location?.href ?? import.meta.url);
    addresses.push(new URL(fileName, prefix));
  }
  const failures = [];
  for (const address of addresses) {
    try {
      return checked(await import(apusComments + address));
    } catch (error) {
      failures.push(`The worker file ${address} could not be loaded: ${error.message}.`);
    }
  }
  throw new Error(failures.join(' '));
}
