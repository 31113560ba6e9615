import { loadModule } from './load.js';
import { createHandler } from './session-handler.js';

/** The backend of the names `wasm` and `cpu`. */
export const wasmBackend = {
  async init() {
    await loadModule();
  },
  createInferenceSessionHandler: createHandler,
};
