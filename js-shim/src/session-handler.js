import { env } from './env.js';
import { collectFeeds } from './feeds.js';
import { intermediatesOf, runOptions } from './session-options.js';
import { Tensor } from './tensor.js';
import { checkTurns, checkWanted, stepOf, takeTurn, unlessAborted } from './turns.js';
import { isObject } from './validate.js';
import { fillTensor, resultOf, snapshot } from './values.js';
import { workerFile } from './worker-file.js';

/**
 * One session: its runs one after the other, in the order of the calls.
 * @param {import('./core.js').Core} core  with the model loaded
 * @param {{ inputs: import('./messages.js').ValueInfo[], outputs: import('./messages.js').ValueInfo[] }} description
 * @param {object} options  of the session
 * @param {{ bytes: () => Uint8Array }} [optimized]  the model after optimising, where it was asked for
 * @param {typeof import('./pinned.js').PinnedTensors} [PinnedTensors]  where outputs may be asked to stay
 */
export function createSession(core, { inputs, outputs }, options, optimized, PinnedTensors) {
  const required = inputs.filter((info) => !info.hasDefault);
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
    checkTurns(options);
    return [collectFeeds(inputsByName, feeds, pinned), runOptions(options)];
  };

  /** The outputs, or a promise of them where one step is not enough. */
  const execute = ([feeds, pairs], fetches, options, step = stepOf(options, 0)) => {
    const names = Object.keys(fetches);
    isBusy = true;
    let isOver = true;
    try {
      checkWanted(options);
      core.runBegin(feeds, names.map((name) => outputsByName.get(name) ?? { name, index: -1 }), pairs);
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
      if (env.debug) workerFile?.checkTensor('output', name, found[name]);
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
    inputMetadata: required.map((info) => info.metadata),
    outputMetadata: outputs.map((info) => info.metadata),
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

const pinnedPlace = 'cpu-pinned';

/** Whether outputs may be asked to stay in the session's memory. */
export const mayPin = (location) => [location, ...Object.values(Object(location))].includes(pinnedPlace);

/** Whether the output of that name is. */
const isPinned = (location, name) => (isObject(location) ? location[name] : location) === pinnedPlace;
