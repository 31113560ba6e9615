import { env } from './env.js';
import { collectFeeds } from './feeds.js';
import { checkRunOptions, intermediatesOf } from './session-options.js';
import { Tensor } from './tensor.js';
import { typeOfCode } from './tensor-types.js';
import { checkWanted, stepOf, takeTurn, unlessAborted } from './turns.js';
import { checkForDebugging, fillTensor, resultOf, snapshot } from './values.js';

/**
 * One session: its runs one after the other, in the order of the calls.
 * @param {import('./core.js').Core} core  with the model loaded
 * @param {object} description  of the model, as the core tells it
 * @param {object} options  of the session
 * @param {{ bytes: () => Uint8Array }} [optimized]  the model after optimising, where it was asked for
 * @param {typeof import('./pinned.js').PinnedTensors} [PinnedTensors]  where outputs may be asked to stay
 */
export function createSession(core, { inputs, outputs, constantNames }, options, optimized, PinnedTensors) {
  const required = inputs.filter((info) => !info.optional);
  const [inputsByName, outputsByName] = [inputs, outputs].map(byName);
  /** Whether a run is under way; then others wait. */
  let isBusy = false;
  const waiting = [];
  let disposed;
  // Not all the options: they hold what the session was made of.
  const { preferredOutputLocation } = options;
  const pinned = PinnedTensors && new PinnedTensors(core, () => !isBusy, Tensor);

  const check = (feeds, options) => {
    if (disposed) throw new Error('cannot run inference: the session has been released.');
    checkRunOptions(options);
    return collectFeeds(inputsByName, feeds, constantNames, pinned);
  };

  /** The outputs, or a promise of them where one step is not enough. */
  const execute = (feeds, fetches, options, step = stepOf(options, 0)) => {
    const names = Object.keys(fetches);
    isBusy = true;
    let isOver = true;
    try {
      checkWanted(options);
      core.runBegin(feeds, names.map((name) => outputsByName.get(name) ?? { name, index: -1 }));
      isOver = !core.runStep(step);
      return isOver ? results(names, fetches) : goOn(names, fetches, options, step);
    } finally {
      if (isOver) endRun();
    }
  };

  const goOn = async (names, fetches, options, step) => {
    try {
      do await takeTurn(options);
      while (core.runStep(step));
      return results(names, fetches);
    } finally {
      endRun();
    }
  };

  const results = (names, fetches) => {
    const found = {};
    core.runFinish().forEach((value, i) => {
      const name = names[i];
      const given = fetches[name];
      found[name] = given
        ? fillTensor(given, resultOf(core, value, true), name)
        : (isPinned(preferredOutputLocation, name) && pinned?.keep(value)) || resultOf(core, value);
      if (env.debug) checkForDebugging('output', name, found[name]);
    });
    return found;
  };

  const endRun = () => {
    try {
      core.runEnd();
    } finally {
      passOn();
    }
  };

  /** The next in line takes over without a gap that a new call could slip into. */
  const passOn = () => {
    const next = waiting.shift();
    if (next) return next();
    isBusy = false;
    if (!disposed) pinned?.sweep();
  };

  const dispose = async () => {
    if (isBusy) await new Promise((resolve) => waiting.push(resolve));
    pinned?.end();
    await core.dispose();
  };

  return {
    inputNames: required.map((info) => info.name),
    outputNames: outputs.map((info) => info.name),
    inputMetadata: required.map(metadataOf),
    outputMetadata: outputs.map(metadataOf),
    isIntermediate: intermediatesOf(options),

    /**
     * Feeds are copied before this returns.
     * @returns {object | Promise<object>} the outputs, at once where nothing has to be waited for
     */
    run(feeds, fetches, options) {
      const values = check(feeds, options);
      if (!isBusy) return execute(values, fetches, options);
      const kept = snapshot(values);
      const turn = new Promise((resolve) => waiting.push(resolve));
      return unlessAborted(turn, options.signal).then(
        () => execute(kept, fetches, options),
        (reason) => {
          turn.then(passOn);
          throw reason;
        },
      );
    },

    runSync(feeds, fetches, options) {
      const values = check(feeds, options);
      if (isBusy) throw new Error('another run of this session is under way.');
      return execute(values, fetches, options, 0);
    },

    /** Waits for the runs that were asked for. */
    dispose: () => (disposed ??= dispose()),

    /** @returns {{ weights: number, arena: number, peak: number }} what the session's tensors take, in bytes */
    get memory() {
      return core.memory();
    },

    /** The bytes of the model after optimising, where `optimizedModelFilePath` asked for it. */
    get optimizedModel() {
      return optimized?.bytes();
    },

    startProfiling: () => void core.profile(true),

    /** Time per node since profiling began, by `startProfiling` or `enableProfiling`. */
    endProfiling: () => core.profile(false),
  };
}

/** As requests refer to them. */
const byName = (infos) => new Map(infos.map((info, index) => [info.name, { ...info, index }]));

/** Whether an output is to stay in the session's memory; without a name, whether any may. */
export function isPinned(location, name) {
  const asked = typeof location === 'object' ? location : { [name]: location };
  return name === undefined ? Object.values(asked ?? {}).includes('cpu-pinned') : asked?.[name] === 'cpu-pinned';
}

function metadataOf({ name, kind, type, shape }) {
  if (kind !== 'tensor') return { name, isTensor: false };
  const metadata = { name, isTensor: true, type: typeOfCode(type)?.name ?? '', shape: [...(shape ?? [])] };
  // The reference has `[]` for a scalar and for an unknown rank alike; this tells them apart.
  return shape ? metadata : { ...metadata, unranked: true };
}
