// Long work in small steps, between which other work of this thread may go on and the caller may stop it.
import { nextTurn } from './host.js';

/** For how long a step computes that somebody may want to stop or watch, in milliseconds. */
const watchedStep = 16;

/** Checks what `create` and `run` have in common among their options. */
export function checkTurns({ signal, yieldEveryMs, onProgress }) {
  if (signal !== undefined && !signal?.throwIfAborted) {
    throw new TypeError("'signal' must be an AbortSignal.");
  }
  if (yieldEveryMs !== undefined && !(yieldEveryMs >= 0)) {
    throw new RangeError(`'yieldEveryMs' must be a number of milliseconds: ${yieldEveryMs}`);
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new TypeError("'onProgress' must be a function.");
  }
}

/** Throws where the caller no longer wants the work. */
export function checkWanted({ signal, terminate }) {
  signal?.throwIfAborted();
  if (terminate) throw new Error('Exiting due to terminate flag being set to true.');
}

/**
 * The milliseconds of a step; 0 is to the end.
 * @param {number} usual  where the options ask for nothing
 */
export function stepOf(options, usual) {
  const isWatched = options.signal || options.onProgress || 'terminate' in options;
  return options.yieldEveryMs ?? (isWatched ? watchedStep : usual);
}

/** Lets other work go on, which may have ended this one. */
export async function takeTurn(options) {
  await nextTurn();
  checkWanted(options);
}

/**
 * What `promise` gives, unless the signal is aborted first: then its reason.
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
export function unlessAborted(promise, signal) {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    if (signal.aborted) stop();
  });
}

/**
 * Goes through `steps`, which yield whatever may have to be waited for and get what comes of it; `signal` ends that.
 * @param {Generator} steps
 * @param {AbortSignal} [signal]
 */
export async function waiting(steps, signal) {
  let step = steps.next();
  while (!step.done) {
    step = await unlessAborted(Promise.resolve(step.value), signal).then(
      (answer) => steps.next(answer),
      (error) => steps.throw(error),
    );
  }
  return step.value;
}

/** The same without waiting: they get what they yield. */
export function atOnce(steps) {
  let step = steps.next();
  while (!step.done) step = steps.next(step.value);
  return step.value;
}
