import { createHandler, createHandlerNow, moduleFor } from './session-handler.js';

/** The backend of the names `wasm` and `cpu`. */
export const wasmBackend = {
  async init() {
    await moduleFor({});
  },
  createInferenceSessionHandler: createHandler,
  createInferenceSessionHandlerSync: createHandlerNow,
};
