import { checkFlags, rememberFlags } from './debug.js';
import { env } from './env.js';
import { createProxyHandler } from './proxy.js';
import { createHandler, createHandlerNow, moduleFor } from './session-handler.js';
import { withMirrored } from './session-options.js';

/** The backend of the names `wasm` and `cpu`. */
export const wasmBackend = {
  async init() {
    await moduleFor({});
    rememberFlags();
  },
  async createInferenceSessionHandler(model, options) {
    checkFlags();
    const create = env.wasm.proxy ? createProxyHandler : createHandler;
    return create(model, withMirrored(options));
  },
  createInferenceSessionHandlerSync: (model, options) => createHandlerNow(model, withMirrored(options)),
};
