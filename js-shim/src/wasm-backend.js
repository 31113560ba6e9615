import { checkFlags, settleFlags } from './debug.js';
import { loadModule } from './load.js';
import { createHandler } from './session-handler.js';
import { withMirrored } from './session-options.js';

/** The backend of the names `wasm` and `cpu`. */
export const wasmBackend = {
  async init() {
    await loadModule();
    settleFlags();
  },
  async createInferenceSessionHandler(model, options) {
    checkFlags();
    return createHandler(model, withMirrored(options));
  },
};
