import * as host from '#host';
import { Core } from './core.js';
import { collectFeeds } from './feeds.js';
import { loadModule } from './load.js';
import { checkRunOptions, checkSessionOptions } from './session-options.js';
import { bytesSource } from './source.js';
import { startWorkers } from './pool.js';
import { threadsFor } from './threads.js';
import { typesByCode } from './tensor-types.js';
import { fillTensor, resultOf, snapshot } from './values.js';

/** For how long loading computes before other work of this thread may go on, in milliseconds. */
const createSlice = 50;
/** The same for a run that can be stopped. */
const runSlice = 16;

/** Loads a model into an instance of its own. */
export async function createHandler(model, options) {
  const pairs = checkSessionOptions(options);
  const path = typeof model === 'string' ? model : undefined;
  const external = await openExternalData(options.externalData);
  const threads = threadsFor(options);
  const compiled = await loadModule({ shared: threads > 1 });
  const workers = threads > 1 ? startWorkers(threads - 1) : undefined;
  const core = new Core(compiled, path === undefined ? bytesSource(model) : await host.openModel(path), (location) => {
    const found = external.get(plain(location)) ?? host.openBeside(path, location);
    if (!found) throw new Error('it is not among the files given');
    return found;
  }, threads);
  try {
    core.createBegin(pairs);
    while (core.createStep(createSlice)) await host.nextTurn();
    await workers;
    return new SessionHandler(core, core.createFinish(), options.freeDimensionOverrides ?? {});
  } catch (error) {
    core.dispose();
    throw error;
  }
}

/** One session: its runs one after the other, in the order of the calls. */
class SessionHandler {
  #core;
  #inputs;
  #outputs;
  #busy = false;
  #waiting = [];
  #released = false;

  constructor(core, description, sizes) {
    this.#core = core;
    const inputs = description.inputs.map((info) => withSizes(info, sizes));
    const outputs = description.outputs.map((info) => withSizes(info, sizes));
    const required = inputs.filter((info) => !info.optional);
    this.#inputs = inputs.map((info, index) => {
      const { optional, kind, shape } = info;
      return { ...metadataOf(info), index, optional, kind, shape };
    });
    this.#outputs = outputs.map(({ name }, index) => ({ name, index }));
    this.inputNames = required.map((info) => info.name);
    this.outputNames = outputs.map((info) => info.name);
    this.inputMetadata = required.map(metadataOf);
    this.outputMetadata = outputs.map(metadataOf);
  }

  async run(feeds, fetches, options) {
    if (this.#released) throw new Error('cannot run inference: the session has been released.');
    checkRunOptions(options);
    let values = collectFeeds(this.#inputs, feeds);
    if (this.#busy) {
      values = values.map((feed) => ({ ...feed, value: snapshot(feed.value) }));
      await new Promise((resolve) => this.#waiting.push(resolve));
    }
    this.#busy = true;
    try {
      return await this.#execute(values, fetches, options);
    } finally {
      this.#passOn();
    }
  }

  async dispose() {
    if (this.#released) return;
    this.#released = true;
    if (this.#busy) await new Promise((resolve) => this.#waiting.push(resolve));
    this.#core.dispose();
  }

  startProfiling() {}

  /** Time per node over all runs so far, where `enableProfiling` asked for it. */
  endProfiling() {
    return this.#core.profile();
  }

  /** The next in line takes over without a gap that a new call could slip into. */
  #passOn() {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#busy = false;
  }

  async #execute(feeds, fetches, options) {
    const core = this.#core;
    const { signal } = options;
    const stoppable = signal !== undefined || 'terminate' in options;
    const slice = options.yieldEveryMs ?? (stoppable ? runSlice : 0);
    const names = Object.keys(fetches);
    const wanted = names.map((name) => this.#outputs[this.outputNames.indexOf(name)]);
    const check = () => {
      signal?.throwIfAborted();
      if (options.terminate) throw new Error('Exiting due to terminate flag being set to true.');
    };
    if (stoppable) check();
    try {
      core.runBegin(feeds, wanted);
      while (core.runStep(slice)) {
        await host.nextTurn();
        if (stoppable) check();
      }
      const outputs = {};
      const values = core.runFinish();
      for (let i = 0; i < names.length; i++) {
        const name = names[i];
        const given = fetches[name];
        outputs[name] = given ? fillTensor(core, values[i], given, name) : resultOf(core, values[i]);
      }
      return outputs;
    } finally {
      core.runEnd();
    }
  }
}

/** The same with the sizes that `freeDimensionOverrides` gives to symbols. */
const withSizes = (info, sizes) => ({
  ...info,
  shape: info.shape?.map((dim) => (Object.hasOwn(sizes, dim) ? sizes[dim] : dim)),
});

function metadataOf({ name, kind, type, shape }) {
  if (kind !== 'tensor') return { name, isTensor: false };
  const metadata = { name, isTensor: true, type: typesByCode.get(type)?.name ?? '', shape: [...(shape ?? [])] };
  // The reference has `[]` for a scalar and for an unknown rank alike; this tells them apart.
  return shape ? metadata : { ...metadata, unranked: true };
}

const plain = (location) => location.replace(/^(\.\/)+/, '');

/** The files of `externalData`, by the location that the model knows them by. */
async function openExternalData(files = []) {
  if (typeof files?.[Symbol.iterator] !== 'function') throw new TypeError('options.externalData is not iterable');
  const opened = new Map();
  for (const file of files) {
    const path = typeof file === 'string' ? file : file?.path;
    const data = typeof file === 'string' ? file : file?.data;
    if (typeof path !== 'string') throw new TypeError("each item of 'externalData' must be a path or have a 'path'");
    const source = typeof data === 'string' ? await host.openModel(data) : bytesSource(await bytesOf(data, path));
    opened.set(plain(path), source);
  }
  return opened;
}

async function bytesOf(data, path) {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const buffer = typeof data?.arrayBuffer === 'function' ? await data.arrayBuffer() : data;
  if (!['[object ArrayBuffer]', '[object SharedArrayBuffer]'].includes(Object.prototype.toString.call(buffer))) {
    throw new TypeError(`externalData '${path}': 'data' must be a path, a Blob or bytes`);
  }
  return new Uint8Array(buffer);
}
