// An AudioWorklet has no fetch, URL, TextDecoder, performance, timers, nor self.
import '../support/answer.js';
import * as ort from '/dist/ort.min.mjs';

registerProcessor(
  'answering',
  class extends AudioWorkletProcessor {
    constructor({ processorOptions: { wasm, model, feeds } }) {
      super();
      Object.assign(ort.env.wasm, wasm);
      const lacking = ['fetch', 'URL', 'TextDecoder', 'performance', 'setTimeout', 'self'].filter(
        (name) => !(name in globalThis),
      );
      answer(ort, model, feeds).then(
        (outputs) => this.port.postMessage({ outputs, lacking }),
        (error) => this.port.postMessage({ error: error.message }),
      );
    }

    process() {
      return true;
    }
  },
);
