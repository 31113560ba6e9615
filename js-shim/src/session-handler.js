import { Core } from './core.js';
import { collectFeeds } from './feeds.js';
import { openBeside } from './host.js';
import { loadModule, loadModuleNow } from './load.js';
import { startWorkers } from './pool.js';
import { checkRunOptions, checkSessionOptions } from './session-options.js';
import { wantsRelaxed } from './simd.js';
import { openNow, openSource } from './source.js';
import { typesByCode } from './tensor-types.js';
import { threadsFor } from './threads.js';
import { checkTurns, checkWanted, stepOf, takeTurn, unlessAborted } from './turns.js';
import { readable } from './validate.js';
import { fillTensor, resultOf, snapshot } from './values.js';

/** For how long loading computes before other work of this thread may go on, in milliseconds. */
const createStep = 16;

/** The compiled module that sessions of these options are made from. */
export const moduleFor = (options) =>
  loadModule({ shared: threadsFor(options) > 1, relaxed: wantsRelaxed(options) });

/**
 * Loads a model into an instance of its own.
 * @param {string | Uint8Array | Response | Request | Blob | ReadableStream} model
 * @param {import('./load.js').Compiled} [given]  the compiled module, where it need not be looked for
 */
export async function createHandler(model, options, given) {
  const { signal } = options;
  checkWanted({ signal });
  const pairs = checkSessionOptions(options);
  const progress = new Progress(options.onProgress);
  const files = new Files(model);
  let core;
  try {
    for (const { path, data } of externalFiles(options.externalData)) {
      const given = checkData(await unlessAborted(Promise.resolve(data), signal), path);
      files.add(path, await openSource(given, { signal, onBytes: progress.ofDownload(path) }));
    }
    const compiled = given ?? (await unlessAborted(moduleFor(options), signal));
    const threads = compiled.memory.shared ? threadsFor(options) : 1;
    const workers = threads > 1 ? startWorkers(threads - 1) : undefined;
    const source = files.add('', await openSource(model, { signal, onBytes: progress.ofDownload() }));
    core = new Core(compiled, progress.watch(source), (location) => progress.watch(files.open(location)), threads);
    core.createBegin(pairs);
    progress.tellLoad();
    const step = stepOf(options, createStep);
    while (core.createStep(step)) {
      progress.tellLoad();
      await takeTurn(options);
    }
    if (workers) await unlessAborted(workers, signal);
    checkWanted({ signal });
    const handler = new SessionHandler(core, core.createFinish());
    progress.tellLoad(1);
    return handler;
  } catch (error) {
    core?.dispose();
    throw error;
  } finally {
    files.close();
  }
}

/**
 * The same without waiting for anything: one thread, and what is at hand.
 * @param {string | Uint8Array} model
 */
export function createHandlerNow(model, options) {
  checkWanted({ signal: options.signal });
  const pairs = checkSessionOptions(options);
  const files = new Files(model);
  let core;
  try {
    for (const { path, data } of externalFiles(options.externalData)) {
      files.add(path, openNow(checkData(data, path)));
    }
    core = new Core(loadModuleNow(), files.add('', openNow(model)), (location) => files.open(location));
    core.createBegin(pairs);
    while (core.createStep(0));
    return new SessionHandler(core, core.createFinish());
  } catch (error) {
    core?.dispose();
    throw error;
  } finally {
    files.close();
  }
}

/** Tells `onProgress`, where there is one, how far the loading of a model is. */
class Progress {
  #onProgress;
  #share = 0;
  #pulled = 0;
  #byteCount = 0;

  constructor(onProgress) {
    this.#onProgress = onProgress;
  }

  /**
   * For a download: tells of bytes that arrived.
   * @param {string} [path]  of an external file
   */
  ofDownload(path) {
    const named = path !== undefined && { path };
    return (loaded, total) => this.#tell({ phase: 'download', loaded, total, ...named });
  }

  /** The source, counting what the core pulls: that is most of the work. */
  watch(source) {
    if (!this.#onProgress) return source;
    this.#byteCount += source.byteCount;
    return {
      ...source,
      read: (offset, target) => {
        this.#pulled += target.length;
        source.read(offset, target);
      },
    };
  }

  /** Tells how much of the loading is done, from 0 to 1. */
  tellLoad(share = Math.min(0.99, this.#pulled / this.#byteCount || 0)) {
    this.#share = Math.max(this.#share, share);
    this.#tell({ phase: 'load', loaded: this.#share, total: 1 });
  }

  #tell(event) {
    try {
      this.#onProgress?.(event);
    } catch (error) {
      // It only watches: the session is made all the same.
      console.error(error);
    }
  }
}

/** The files that a model is loaded from, by the location that it knows them by. */
class Files {
  #model;
  #sources = new Map();

  /** @param {unknown} model  what the session is made of: other files may lie beside its own */
  constructor(model) {
    this.#model = model;
  }

  add(path, source) {
    this.#sources.set(plain(path), source);
    return source;
  }

  open(location) {
    const found = this.#sources.get(plain(location)) ?? openBeside(this.#model, location);
    if (!found) throw new Error('it is not among the files given');
    return this.add(location, found);
  }

  close() {
    for (const source of this.#sources.values()) source.close?.();
  }
}

const plain = (location) => location.replace(/^(\.\/)+/, '');

/** @returns {{ path: string, data: unknown }[]} the entries of `externalData` */
export function externalFiles(files = []) {
  if (typeof files?.[Symbol.iterator] !== 'function') throw new TypeError('options.externalData is not iterable');
  return Array.from(files, (file) => {
    const { path, data } = typeof file === 'string' ? { path: file, data: file } : (file ?? {});
    if (typeof path !== 'string') throw new TypeError("each item of 'externalData' must be a path or have a 'path'");
    return { path, data };
  });
}

export function checkData(data, path) {
  const found = readable(data);
  if (found === undefined) throw new TypeError(`externalData '${path}': 'data' must be a path, a Blob or bytes`);
  return found;
}

/** One session: its runs one after the other, in the order of the calls. */
class SessionHandler {
  #core;
  #inputs;
  #outputs;
  #constants;
  #busy = false;
  #waiting = [];
  #disposed;

  constructor(core, { inputs, outputs, constants }) {
    this.#core = core;
    this.#constants = constants;
    const required = inputs.filter((info) => !info.optional);
    this.#inputs = inputs.map((info, index) => {
      const { optional, kind, shape } = info;
      return { ...metadataOf(info), index, optional, kind, shape };
    });
    this.#outputs = new Map(outputs.map(({ name }, index) => [name, { name, index }]));
    this.inputNames = required.map((info) => info.name);
    this.outputNames = outputs.map((info) => info.name);
    this.inputMetadata = required.map(metadataOf);
    this.outputMetadata = outputs.map(metadataOf);
  }

  /**
   * Feeds are copied before this returns.
   * @returns {object | Promise<object>} the outputs, at once where nothing has to be waited for
   */
  run(feeds, fetches, options) {
    const values = this.#check(feeds, options);
    return this.#busy
      ? this.#runLater(values, fetches, options)
      : this.#execute(values, fetches, options, stepOf(options, 0));
  }

  runSync(feeds, fetches, options) {
    const values = this.#check(feeds, options);
    if (this.#busy) throw new Error('runSync cannot wait: another run of this session is under way.');
    return this.#execute(values, fetches, options, 0);
  }

  /** Waits for the runs that were asked for. */
  dispose() {
    return (this.#disposed ??= this.#dispose());
  }

  async #dispose() {
    if (this.#busy) await new Promise((resolve) => this.#waiting.push(resolve));
    this.#core.dispose();
  }

  startProfiling() {}

  /** Time per node over all runs so far, where `enableProfiling` asked for it. */
  endProfiling() {
    return this.#core.profile();
  }

  #check(feeds, options) {
    if (this.#disposed) throw new Error('cannot run inference: the session has been released.');
    checkRunOptions(options);
    checkTurns(options);
    return collectFeeds(this.#inputs, feeds, this.#constants);
  }

  async #runLater(values, fetches, options) {
    const kept = values.map((feed) => ({ ...feed, value: snapshot(feed.value) }));
    const turn = new Promise((resolve) => this.#waiting.push(resolve));
    try {
      await unlessAborted(turn, options.signal);
    } catch (reason) {
      turn.then(() => this.#passOn());
      throw reason;
    }
    return this.#execute(kept, fetches, options, stepOf(options, 0));
  }

  /** The outputs, or a promise of them where one step is not enough. */
  #execute(feeds, fetches, options, step) {
    this.#busy = true;
    let isOver = true;
    try {
      checkWanted(options);
      const names = Object.keys(fetches);
      this.#core.runBegin(feeds, names.map((name) => this.#outputs.get(name) ?? { name, index: -1 }));
      isOver = !this.#core.runStep(step);
      return isOver ? this.#results(fetches) : this.#goOn(fetches, options, step);
    } finally {
      if (isOver) this.#endRun();
    }
  }

  async #goOn(fetches, options, step) {
    try {
      do await takeTurn(options);
      while (this.#core.runStep(step));
      return this.#results(fetches);
    } finally {
      this.#endRun();
    }
  }

  #results(fetches) {
    const outputs = {};
    const values = this.#core.runFinish();
    let place = 0;
    for (const name of Object.keys(fetches)) {
      const value = values[place++];
      const given = fetches[name];
      outputs[name] = given ? fillTensor(this.#core, value, given, name) : resultOf(this.#core, value);
    }
    return outputs;
  }

  #endRun() {
    try {
      this.#core.runEnd();
    } finally {
      this.#passOn();
    }
  }

  /** The next in line takes over without a gap that a new call could slip into. */
  #passOn() {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#busy = false;
  }
}

function metadataOf({ name, kind, type, shape }) {
  if (kind !== 'tensor') return { name, isTensor: false };
  const metadata = { name, isTensor: true, type: typesByCode.get(type)?.name ?? '', shape: [...(shape ?? [])] };
  // The reference has `[]` for a scalar and for an unknown rank alike; this tells them apart.
  return shape ? metadata : { ...metadata, unranked: true };
}
