// The worker threads of this agent. All sessions with more than one thread share them; thread.js is the other side.
//
// A worker sleeps in JavaScript, on the control words, until a run begins that it is attached to; then it works inside
// wasm until the run ends. A message would not reach a sleeping worker: its count of mail sends it to its event loop.
import { controlWords, teamWords } from './pool-control.js';
import { openWorker } from './workers.js';

const mostWorkers = 63;
const stackBytes = 512 * 1024;

let control;
/** By index. */
const starting = [];
/** Those that answered. The first of them has slot 1 of every team, and so on. */
export const workers = [];
let lastSession = 0;

/**
 * Starts workers until there are so many, and waits for their answers; the first failure is told when all are settled.
 * What failed is tried again by the next call.
 */
export async function startWorkers(count) {
  control ??= new Int32Array(new SharedArrayBuffer(4 * (controlWords.mail + mostWorkers)));
  for (let index = 0; index < Math.min(count, mostWorkers); index++) {
    starting[index] ??= startOne(index).catch((error) => {
      starting[index] = undefined;
      throw error;
    });
  }
  const failure = (await Promise.allSettled(starting)).find(({ status }) => status === 'rejected');
  if (failure) throw failure.reason;
}

async function startOne(index) {
  const port = await openWorker({ role: 'thread', control: control.buffer, index });
  /** Sessions that the worker was told to let go of, and who waits for it. */
  const leaving = new Map();
  const left = (session) => {
    leaving.get(session)?.();
    leaving.delete(session);
    if (leaving.size === 0) port.unref();
  };
  port.onMessage = ({ failure, session }) => {
    if (failure) console.error(`A worker thread failed: ${failure}`);
    else left(session);
  };
  port.onError = (why) => {
    console.error(`A worker thread ended: ${why}`);
    for (const session of [...leaving.keys()]) left(session);
  };
  port.unref();
  workers.push({ port, index, leaving });
}

/** One session's place in the pool. */
export class PoolMember {
  #core;
  #team;
  #session = ++lastSession;
  #attached = 0;

  /**
   * @param {import('./core.js').Core} core
   * @param {number} team  the address of its team
   */
  constructor(core, team) {
    this.#core = core;
    this.#team = team;
  }

  /** A run begins: workers that came since the last one are attached, and who sleeps looks around. */
  join() {
    while (this.#attached < Math.min(this.#core.threads - 1, workers.length)) {
      const stack = this.#core.allocateBytes(stackBytes);
      if (stack === 0) break;
      const slot = this.#attached + 1;
      const place = { team: this.#team, slot, stackEnd: stack + stackBytes };
      post(workers[this.#attached++], { session: this.#session, ...this.#core.shareable, ...place });
    }
    wake();
  }

  /**
   * The session is over.
   * @returns {Promise<unknown>} settled when the workers have let go of its memory
   */
  leave() {
    const session = this.#session;
    // A run that trapped has not sent them home.
    const team = new Int32Array(this.#core.shareable.memory.buffer, this.#team, teamWords.count);
    Atomics.store(team, teamWords.isWorking, 0);
    Atomics.add(team, teamWords.epoch, 1);
    Atomics.notify(team, teamWords.epoch);
    const left = workers.slice(0, this.#attached).map((worker) => {
      post(worker, { session });
      // The process must not end before the answer.
      worker.port.ref();
      return new Promise((resolve) => worker.leaving.set(session, resolve));
    });
    this.#attached = 0;
    return Promise.all(left);
  }
}

function wake() {
  if (!control) return;
  Atomics.add(control, controlWords.wake, 1);
  Atomics.notify(control, controlWords.wake);
}

function post({ port, index }, message) {
  port.post(message);
  Atomics.add(control, controlWords.mail + index, 1);
  wake();
}
