import { env } from './env.js';
import { createProxyHandler } from './proxy.js';
import { createHandler, createHandlerNow, moduleFor } from './session-handler.js';

/** The backend of the names `wasm` and `cpu`. */
export const wasmBackend = {
  async init() {
    await moduleFor({});
  },
  createInferenceSessionHandler: (model, options) =>
    env.wasm.proxy ? createProxyHandler(model, options) : createHandler(model, options),
  createInferenceSessionHandlerSync: createHandlerNow,
};
