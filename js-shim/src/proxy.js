// Sessions in a worker, for `env.wasm.proxy`: whatever computes, computes there. proxy-worker.js is the other side.
//
// A request is `{ id, act, … }`, its answer `{ id, result }` or `{ id, error }`. Models, feeds and results cross as
// copies; arrays of the caller are given away only where it says `transfer: true`. A model that arrives here as a
// stream goes on in blocks, `{ blocks }`, which are given away.
import { checkData, externalFiles } from './create-handler.js';
import { offerDownload } from './optimized-model.js';
import { plain, plainEnv } from './plain.js';
import { buffersOf, errorOf, plainValues, tensorsOf, tight } from './proxy-values.js';
import { mayPin } from './session-handler.js';
import { intermediatesOf } from './session-options.js';
import { blockBytes, openSource } from './source.js';
import { unlessAborted } from './turns.js';
import { tagOf } from './validate.js';
import { fillTensor } from './values.js';
import { openWorker } from './workers.js';

/** How often a `terminate` flag of a run is looked at, in milliseconds. */
const flagInterval = 20;

/** The one proxy worker of this agent. */
let opening;
let lastRequest = 0;

class Proxy {
  #port;
  #waiting = new Map();
  #failure;

  constructor(port) {
    this.#port = port;
    port.onMessage = ({ id, result, error, progress }) => {
      const request = this.#waiting.get(id);
      if (!request) return;
      if (progress) return request.onProgress?.(progress);
      this.#settle(id);
      if (error) request.reject(errorOf(error));
      else request.resolve(result);
    };
    port.onError = (why) => {
      opening = undefined;
      this.#failure = new Error(`the proxy worker stopped: ${why}`);
      for (const [id, { reject }] of this.#waiting) {
        this.#settle(id);
        reject(this.#failure);
      }
    };
    port.unref();
  }

  /**
   * Posts a request and waits for its answer, or for `signal`, which the worker is told of.
   * @param {{ transfer?: Transferable[], signal?: AbortSignal, onProgress?: (progress: object) => void }} [options]
   */
  call(request, { transfer, signal, onProgress } = {}) {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const id = ++lastRequest;
      this.#port.post({ ...request, id }, transfer);
      if (this.#waiting.size === 0) this.#port.ref();
      const abort = () => {
        this.#settle(id);
        this.#port.post({ act: 'abort', id });
        reject(signal.reason);
      };
      signal?.addEventListener('abort', abort);
      this.#waiting.set(id, { resolve, reject, onProgress, done: () => signal?.removeEventListener('abort', abort) });
    });
  }

  #settle(id) {
    this.#waiting.get(id).done();
    this.#waiting.delete(id);
    // A process with nothing else to do may end while the worker waits for work, not while it works.
    if (this.#waiting.size === 0) this.#port.unref();
  }
}

/**
 * Loads a model in the worker; a worker that could not be started is tried again by the next session.
 * @param {import('./load.js').Compiled} compiled  what the script made of `env.wasm`
 * @param {typeof import('./tensor.js').Tensor} Tensor  the script's own, for outputs
 */
export async function createProxyHandler(model, options, compiled, Tensor) {
  const { signal, onProgress, preferredOutputLocation } = options;
  if (mayPin(preferredOutputLocation)) warnOfPinned();
  opening ??= openWorker({ role: 'proxy' })
    .then((port) => new Proxy(port))
    .catch((error) => {
      opening = undefined;
      throw new Error(`env.wasm.proxy: ${error.message}`, { cause: error });
    });
  const proxy = await unlessAborted(opening, signal);
  const isCopied = !options.transfer;
  const externalData = [];
  for (const { path, data } of externalFiles(options.externalData)) {
    externalData.push({ path, data: await portable(checkData(await data, path), isCopied, options) });
  }
  const request = {
    act: 'create',
    model: await portable(model, isCopied, options),
    options: { ...optionsOf(options), externalData },
    compiled,
    settings: settings(),
  };
  const parts = [request.model, ...externalData.map(({ data }) => data)];
  const transfer = buffersOf(isCopied ? parts.filter(({ blocks }) => blocks) : parts);
  const description = await proxy.call(request, { transfer, signal, onProgress });
  const { optimizedModel } = description;
  if (optimizedModel) offerDownload(optimizedModel, options.optimizedModelFilePath);
  return new ProxyHandler(proxy, Tensor, options, description);
}

/** What a model is made of, as it can be posted: what cannot arrives here first. */
async function portable(model, isCopied, { signal, onProgress }) {
  if (ArrayBuffer.isView(model)) return isCopied ? tight(model) : model;
  if (typeof model === 'string') {
    // An address means what it means to this page, not to the worker's file.
    const base = globalThis.location?.href;
    return base ? new URL(model, base).href : model;
  }
  if (tagOf(model) === 'Blob' || tagOf(model) === 'File') return model;
  const onBytes = (loaded, total) => onProgress?.({ phase: 'download', loaded, total });
  const source = await openSource(model, { signal, onBytes });
  const { byteCount } = source;
  const blocks = [];
  for (let at = 0, end; at < byteCount; at = end) {
    end = Math.min(at + blockBytes, byteCount);
    const block = new Uint8Array(end - at);
    source.read(at, block);
    source.forget(end);
    blocks.push(block);
  }
  return { blocks };
}

let isWarned = false;
function warnOfPinned() {
  if (!isWarned) console.warn('With env.wasm.proxy no output can be pinned: they are tensors of this thread instead.');
  isWarned = true;
}

/** What a worker needs to know of `env`. */
function settings() {
  const { wasm, ...others } = plainEnv();
  return { ...others, wasm: { ...wasm, wasmBinary: undefined, wasmModule: undefined } };
}

/** A session of the worker, as `InferenceSession` wants it. */
class ProxyHandler {
  #proxy;
  #Tensor;
  #session;
  #released = false;

  constructor(proxy, Tensor, options, { session, memory, ...description }) {
    this.#proxy = proxy;
    this.#Tensor = Tensor;
    this.isIntermediate = intermediatesOf(options);
    this.#session = session;
    this.memory = memory;
    Object.assign(this, description);
  }

  async run(feeds, fetches, options) {
    if (this.#released) throw new Error('cannot run inference: the session has been released.');
    const { signal } = options;
    signal?.throwIfAborted();
    const names = Object.keys(fetches);
    const given = plainValues(feeds, !options.transfer);
    const request = { act: 'run', session: this.#session, feeds: given, fetches: names, options: optionsOf(options) };
    const watched = watch(options);
    try {
      const transfer = options.transfer ? buffersOf(given) : [];
      const { outputs, memory } = await this.#proxy.call(request, { transfer, signal: watched.signal });
      this.memory = memory;
      for (const name of names) {
        const result = tensorsOf(outputs[name], this.#Tensor);
        outputs[name] = fetches[name] ? fillTensor(fetches[name], result, name) : result;
      }
      return outputs;
    } finally {
      watched.end();
    }
  }

  async dispose() {
    if (this.#released) return;
    this.#released = true;
    await this.#proxy.call({ act: 'release', session: this.#session });
  }

  /** Calls reach the worker in their order: runs from now on are measured. */
  startProfiling() {
    this.#proxy.call({ act: 'profile', session: this.#session, begins: true }).catch(() => {});
  }

  async endProfiling() {
    return this.#proxy.call({ act: 'profile', session: this.#session });
  }
}

/** A signal for a run that may be stopped by its own signal or by its `terminate` flag. */
function watch(options) {
  if (!('terminate' in options)) return { signal: options.signal, end() {} };
  const stop = new AbortController();
  const forward = () => stop.abort(options.signal.reason);
  options.signal?.addEventListener('abort', forward);
  const look = () => {
    if (options.terminate) stop.abort(new Error('Exiting due to terminate flag being set to true.'));
  };
  const timer = setInterval(look, flagInterval);
  return {
    signal: stop.signal,
    end() {
      clearInterval(timer);
      options.signal?.removeEventListener('abort', forward);
    },
  };
}

/** Options as they can be posted: what is watched on this side stays here. */
function optionsOf({ signal, onProgress, executionProviders, preferredOutputLocation, externalData, ...options }) {
  return { ...plain(options), isWatched: signal !== undefined || 'terminate' in options, hasProgress: !!onProgress };
}
