// The worker threads of this agent. All sessions with more than one thread share them; thread.js is the other side.
//
// A worker sleeps in JavaScript, on the control words, until a run begins that it is attached to; then it works inside
// wasm until the run ends. A message would not reach a sleeping worker: its count of mail sends it to its event loop.
import { collectMemory, controlWords } from './pool-control.js';
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
  port.onMessage = ({ failure }) => console.error(`A worker thread failed: ${failure}`);
  port.unref();
  workers.push({ port, index });
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
      const stack = this.#core.allocate(stackBytes);
      if (stack === 0) break;
      const slot = this.#attached + 1;
      const place = { team: this.#team, slot, stackEnd: stack + stackBytes };
      post(workers[this.#attached++], { session: this.#session, ...this.#core.shareable, ...place });
    }
    wake();
  }

  /** The session is over, and its memory is let go of, here and by the workers. */
  leave() {
    for (const worker of workers.slice(0, this.#attached)) post(worker, { session: this.#session });
    this.#attached = 0;
    collectMemory();
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
