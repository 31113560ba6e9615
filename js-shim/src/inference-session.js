import { resolveBackend, resolveBackendNow } from './backend.js';
import { nextTurn } from './host.js';
import { Tensor } from './tensor.js';
import { checkTurns, unlessAborted } from './turns.js';
import { checkCreate, checkRun } from './validate.js';

/**
 * Sessions that are being released. Workers and the collector answer in turns of this thread, which a caller who awaits
 * nothing but runs of other sessions would not give.
 */
const releasing = new Set();

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

  /**
   * `create(model, options?)` or `create(buffer, byteOffset, byteLength?, options?)`.
   *
   * A model is a path, an address (text, URL or Request), bytes in any view or buffer, a Response, Blob or
   * ReadableStream, or a promise of one of them. Bytes are read, not kept; they must not change until the promise
   * settles.
   * @returns {Promise<InferenceSession>} rejected with the reason of `options.signal` when that is aborted
   */
  static async create(arg0, arg1, arg2, arg3) {
    const early = (typeof arg1 === 'object' ? arg1 : arg3) ?? {};
    checkTurns(early);
    const given = typeof arg0?.then === 'function' ? await unlessAborted(arg0, early.signal) : arg0;
    const { model, options } = checkCreate(given, arg1, arg2, arg3);
    try {
      const resolved = await unlessAborted(resolveBackend(options), options.signal);
      return new InferenceSession(await resolved.backend.createInferenceSessionHandler(model, resolved.options));
    } catch (error) {
      // Whoever sends a stream that nobody will read may stop.
      (model.body ?? model).cancel?.(error).catch(() => {});
      throw error;
    }
  }

  /**
   * The same without a promise, from bytes, or from a path where there are files. It needs a wasm module that is
   * compiled already, by a session before, or at hand: `env.wasm.wasmModule`, `env.wasm.wasmBinary`, or a file.
   */
  static createSync(arg0, arg1, arg2, arg3) {
    const { model, options } = checkCreate(arg0, arg1, arg2, arg3);
    checkTurns(options);
    return new InferenceSession(resolveBackendNow(options).createInferenceSessionHandlerSync(model, options));
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
    const outputs = this.handler.run(feeds, fetches, options);
    // Where there is nothing to wait for, the caller need not either.
    const results = asTensors(typeof outputs?.then === 'function' ? await outputs : outputs, fetches);
    if (releasing.size > releasing.has(this)) await nextTurn();
    return results;
  }

  /** The same without a promise; an error while another run of this session is under way. */
  runSync(feeds, arg1, arg2) {
    const { fetches, options } = checkRun(this, feeds, arg1, arg2);
    if (!this.handler.runSync) throw new Error('the backend of this session cannot run without waiting.');
    return asTensors(this.handler.runSync(feeds, fetches, options), fetches);
  }

  /** Gives the session's memory back, after the runs that wait. A second call does nothing. */
  async release() {
    releasing.add(this);
    try {
      return await this.handler.dispose();
    } finally {
      releasing.delete(this);
    }
  }

  startProfiling() {
    return this.handler.startProfiling();
  }

  endProfiling() {
    return this.handler.endProfiling();
  }
}

/**
 * What is read of the handler: `inputNames` (those that must be fed) and `outputNames` in the model's order; the
 * metadata of each, `{ name, isTensor: true, type, shape }`, where a dim is a number, a symbol, or '' where unknown;
 * `memory`, which is what the session's tensors take now, and the most they ever took: `{ weights, arena, peak }` in
 * bytes; and `optimizedModel`, its bytes after optimising, where `optimizedModelFilePath` asked for it.
 */
const readOnly = ['inputNames', 'outputNames', 'inputMetadata', 'outputMetadata', 'memory', 'optimizedModel'];
for (const name of readOnly) {
  Object.defineProperty(InferenceSession.prototype, name, {
    get() {
      return this.handler[name];
    },
    configurable: true,
  });
}

/** A handler may return plain descriptions; what the caller gave, sequences and maps pass as they are. */
function asTensors(results, fetches) {
  for (const name of Object.keys(results)) {
    const value = results[name];
    const isPlain = typeof value?.type === 'string' && !(value instanceof Tensor) && value !== fetches[name];
    if (isPlain) results[name] = new Tensor(value.type, value.data, value.dims);
  }
  return results;
}

// For `using` and `await using`, where the host knows of them.
for (const symbol of [Symbol.dispose, Symbol.asyncDispose]) {
  if (symbol) InferenceSession.prototype[symbol] = InferenceSession.prototype.release;
}
