import { resolveBackend } from './backend.js';
import { Tensor } from './tensor.js';
import { checkCreate, checkRun } from './validate.js';

/**
 * A loaded model: `await InferenceSession.create(…)`, then `run` as often as you like, then `release`.
 *
 * This side checks arguments in the reference's words; the work is the handler's.
 */
export class InferenceSession {
  /** @param {object} handler  of the backend; see `create` */
  constructor(handler) {
    this.handler = handler;
  }

  static get name() {
    return 'InferenceSession';
  }

  /**
   * `create(path, options?)`, `create(Uint8Array, options?)`, `create(ArrayBuffer, options?)` or
   * `create(ArrayBuffer, byteOffset, byteLength?, options?)`.
   *
   * Bytes are read, not kept; they must not change until the promise settles.
   * @returns {Promise<InferenceSession>}
   */
  static async create(arg0, arg1, arg2, arg3) {
    const { model, options } = checkCreate(arg0, arg1, arg2, arg3);
    const resolved = await resolveBackend(options);
    return new InferenceSession(await resolved.backend.createInferenceSessionHandler(model, resolved.options));
  }

  /**
   * `run(feeds, options?)` or `run(feeds, fetches, options?)`.
   *
   * Feeds are read before this returns. `fetches` is a list of output names, or an object of output names with null or
   * with a tensor, which is then filled and returned.
   * @returns {Promise<Record<string, Tensor>>} the outputs in the order asked for
   */
  async run(feeds, arg1, arg2) {
    const { fetches, options } = checkRun(this, feeds, arg1, arg2);
    const results = await this.handler.run(feeds, fetches, options);
    const outputs = {};
    for (const name of Object.keys(results)) {
      const value = results[name];
      // A handler may return plain descriptions; what the caller gave, sequences and maps pass as they are.
      const plain = typeof value?.type === 'string' && !(value instanceof Tensor) && value !== fetches[name];
      outputs[name] = plain ? new Tensor(value.type, value.data, value.dims) : value;
    }
    return outputs;
  }

  /** Gives the session's memory back, after the runs that wait. A second call does nothing. */
  async release() {
    return this.handler.dispose();
  }

  startProfiling() {
    return this.handler.startProfiling();
  }

  endProfiling() {
    return this.handler.endProfiling();
  }

  /** The inputs that must be fed, in the model's order. */
  get inputNames() {
    return this.handler.inputNames;
  }

  get outputNames() {
    return this.handler.outputNames;
  }

  /** `{ name, isTensor: true, type, shape }` of each input; a dim is a number, a symbol, or '' where unknown. */
  get inputMetadata() {
    return this.handler.inputMetadata;
  }

  get outputMetadata() {
    return this.handler.outputMetadata;
  }
}

// For `using` and `await using`, where the host knows of them.
for (const symbol of [Symbol.dispose, Symbol.asyncDispose]) {
  if (symbol) InferenceSession.prototype[symbol] = InferenceSession.prototype.release;
}
