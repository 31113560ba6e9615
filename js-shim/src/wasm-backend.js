import { env } from './env.js';
import { loadModule } from './load.js';
import { createProxyHandler } from './proxy.js';
import { createHandler } from './session-handler.js';

/** The backend of the names `wasm` and `cpu`. */
export const wasmBackend = {
  async init() {
    await loadModule();
  },
  createInferenceSessionHandler: (model, options) =>
    env.wasm.proxy ? createProxyHandler(model, options) : createHandler(model, options),
};
