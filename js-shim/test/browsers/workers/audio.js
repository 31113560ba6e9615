// An AudioWorklet has no fetch, URL, TextDecoder, performance, timers, nor self.
import '../support/answer.js';
import * as ort from '/dist/ort.min.mjs';

/** Answers once, by promises. */
registerProcessor(
  'answering',
  class extends AudioWorkletProcessor {
    constructor({ processorOptions: { wasm, model, feeds } }) {
      super();
      Object.assign(ort.env.wasm, wasm);
      answer(ort, model, feeds).then(
        (outputs) => this.port.postMessage({ outputs, hasFetch: 'fetch' in globalThis }),
        (error) => this.port.postMessage({ error: error.message }),
      );
    }

    process() {
      return true;
    }
  },
);

/** Runs a model on every block of samples, while the block is due. */
registerProcessor(
  'filtering',
  class extends AudioWorkletProcessor {
    #session;

    constructor({ processorOptions: { wasm, model } }) {
      super();
      Object.assign(ort.env.wasm, wasm);
      try {
        this.#session = ort.InferenceSession.createSync(model);
        this.port.postMessage({ created: true });
      } catch (error) {
        this.port.postMessage({ error: error.message });
      }
    }

    process([[input]], [[output]]) {
      if (!input || !this.#session) return true;
      const feeds = { x: new ort.Tensor('float32', input, [input.length]) };
      this.#session.runSync(feeds, { y: new ort.Tensor('float32', output, [output.length]) });
      return true;
    }
  },
);
