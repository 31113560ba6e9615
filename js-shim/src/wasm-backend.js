import { env } from './env.js';
import { remarks } from './errors.js';
import { createHandler, createHandlerNow, moduleFor } from './create-handler.js';
import { Tensor } from './tensor.js';
import { unlessAborted } from './turns.js';
import { loadWorkerFile } from './worker-file.js';

/** The flags that the wasm file was loaded with. */
let settled;

/** The backend of the names `wasm` and `cpu`. */
export const wasmBackend = {
  async init() {
    await moduleFor({});
    settled ??= { ...env.wasm };
  },
  async createInferenceSessionHandler(model, options) {
    // A host that cannot import it does without.
    if (env.debug) await loadWorkerFile().then((file) => file.checkFlags(env.wasm, settled), () => {});
    return (env.wasm.proxy ? createProxied : createHandler)(model, options);
  },
  createInferenceSessionHandlerSync: createHandlerNow,
};

/** In a worker; the module is compiled here, where `env.wasm` and this script say where the file is. */
async function createProxied(model, options) {
  const loading = loadWorkerFile().catch((cause) => {
    throw new Error(`env.wasm.proxy: ${cause.message}`, { cause });
  });
  const both = Promise.all([loading, moduleFor(options)]);
  const [file, compiled] = await unlessAborted(both, options.signal);
  file.tellRemarks(remarks.splice(0));
  return file.createProxyHandler(model, options, compiled, Tensor);
}
