import { collectFeeds } from './feeds.js';
import { nextTurn } from './host.js';
import { PinnedTensors } from './pinned.js';
import { collectMemory } from './pool-control.js';
import { checkRunOptions, intermediatesOf } from './session-options.js';
import { typeOfCode } from './tensor-types.js';
import { checkWanted, stepOf, takeTurn, unlessAborted } from './turns.js';
import { fillTensor, resultOf, snapshot } from './values.js';

/** For less memory than this the collector need not be bothered. */
const worthCollecting = 1 << 23;

/** One session: its runs one after the other, in the order of the calls. */
export class SessionHandler {
  #core;
  #inputs;
  #outputs;
  #constants;
  #optimized;
  #pinned;
  /** Whether an output is to stay in the session's memory. */
  #isPinned;
  #busy = false;
  #waiting = [];
  #disposed;

  /**
   * @param {import('./core.js').Core} core  with the model loaded
   * @param {object} description  of the model, as the core tells it
   * @param {object} options  of the session
   * @param {{ bytes: () => Uint8Array }} [optimized]  the model after optimising, where it was asked for
   */
  constructor(core, { inputs, outputs, constants }, options, optimized) {
    const { preferredOutputLocation: location } = options;
    this.#core = core;
    this.#constants = constants;
    this.#optimized = optimized;
    this.#pinned = new PinnedTensors(core, () => !this.#busy);
    this.#isPinned = (name) => (typeof location === 'object' ? location[name] : location) === 'cpu-pinned';
    this.isIntermediate = intermediatesOf(options);
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
    return this.#busy ? this.#runLater(values, fetches, options) : this.#execute(values, fetches, options);
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
    this.#pinned.end();
    const { byteLength } = this.#core;
    await this.#core.dispose();
    if (byteLength < worthCollecting) return;
    // Nothing above on the stack holds the memory then.
    await nextTurn();
    collectMemory();
  }

  /** @returns {{ weights: number, arena: number, peak: number }} what the session's tensors take, in bytes */
  get memory() {
    return this.#core.memory();
  }

  /** The bytes of the model after optimising, where `optimizedModelFilePath` asked for it. */
  get optimizedModel() {
    return this.#optimized?.bytes();
  }

  startProfiling() {}

  /** Time per node over all runs so far, where `enableProfiling` asked for it. */
  endProfiling() {
    return this.#core.profile();
  }

  #check(feeds, options) {
    if (this.#disposed) throw new Error('cannot run inference: the session has been released.');
    checkRunOptions(options);
    return collectFeeds(this.#inputs, feeds, this.#constants, this.#pinned);
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
    return this.#execute(kept, fetches, options);
  }

  /** The outputs, or a promise of them where one step is not enough. */
  #execute(feeds, fetches, options, step = stepOf(options, 0)) {
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
    const names = Object.keys(fetches);
    this.#core.runFinish().forEach((value, i) => {
      const name = names[i];
      const given = fetches[name];
      outputs[name] = given ? fillTensor(this.#core, value, given, name) : this.#result(name, value);
    });
    return outputs;
  }

  #result(name, value) {
    const pinned = value.kind === 'tensor' && this.#isPinned(name) ? this.#pinned.keep(value) : undefined;
    return pinned ?? resultOf(this.#core, value);
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
    if (next) return next();
    this.#busy = false;
    if (!this.#disposed) this.#pinned.sweep();
  }
}

function metadataOf({ name, kind, type, shape }) {
  if (kind !== 'tensor') return { name, isTensor: false };
  const metadata = { name, isTensor: true, type: typeOfCode(type)?.name ?? '', shape: [...(shape ?? [])] };
  // The reference has `[]` for a scalar and for an unknown rank alike; this tells them apart.
  return shape ? metadata : { ...metadata, unranked: true };
}
