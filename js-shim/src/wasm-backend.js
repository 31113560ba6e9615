import { checkFlags, rememberFlags } from './debug.js';
import { env } from './env.js';
import { offerDownload } from './optimized-model.js';
import { createHandler, createHandlerNow, moduleFor } from './create-handler.js';
import { withMirrored } from './session-options.js';
import { Tensor } from './tensor.js';
import { unlessAborted } from './turns.js';
import { loadWorkerFile } from './worker-file.js';

/** The backend of the names `wasm` and `cpu`. */
export const wasmBackend = {
  async init() {
    await moduleFor({});
    rememberFlags();
  },
  async createInferenceSessionHandler(model, options) {
    checkFlags();
    const create = env.wasm.proxy ? createProxied : createHandler;
    const handler = await create(model, withMirrored(options));
    if (options.optimizedModelFilePath) offerDownload(handler, options.optimizedModelFilePath);
    return handler;
  },
  createInferenceSessionHandlerSync: (model, options) => createHandlerNow(model, withMirrored(options)),
};

/** In a worker; the module is compiled here, where `env.wasm` and this script say where the file is. */
async function createProxied(model, options) {
  const loading = loadWorkerFile().catch((cause) => {
    throw new Error(`env.wasm.proxy: ${cause.message}`, { cause });
  });
  const [{ createProxyHandler }, compiled] = await unlessAborted(
    Promise.all([loading, moduleFor(options)]),
    options.signal,
  );
  return createProxyHandler(model, options, compiled, Tensor);
}
