import { checkFlags, settleFlags } from './debug.js';
import { loadModule } from './load.js';
import { createHandler } from './session-handler.js';
import { withMirrored } from './session-options.js';
import { threadsFor } from './threads.js';

/** The backend of the names `wasm` and `cpu`. */
export const wasmBackend = {
  async init() {
    // What sessions will ask for unless they have a wish of their own.
    await loadModule({ shared: threadsFor({}) > 1 });
    settleFlags();
  },
  async createInferenceSessionHandler(model, options) {
    checkFlags();
    return createHandler(model, withMirrored(options));
  },
};
