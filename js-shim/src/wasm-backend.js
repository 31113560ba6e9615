import { checkFlags, rememberFlags } from './debug.js';
import { env } from './env.js';
import { offerDownload } from './optimized-model.js';
import { createProxyHandler } from './proxy.js';
import { createHandler, createHandlerNow, moduleFor } from './create-handler.js';
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
    const handler = await create(model, withMirrored(options));
    if (options.optimizedModelFilePath) offerDownload(handler, options.optimizedModelFilePath);
    return handler;
  },
  createInferenceSessionHandlerSync: (model, options) => createHandlerNow(model, withMirrored(options)),
};
