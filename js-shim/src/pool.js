// The worker threads of this agent. All sessions with more than one thread share them; thread.js is the other side.
//
// A worker sleeps in JavaScript, on the control words, until a run begins that it is attached to; then it works inside
// wasm until the run ends. A message would not reach a sleeping worker: its count of mail sends it to its event loop.
import { env } from './env.js';
import { controlWords } from './pool-control.js';
import { openWorker } from './workers.js';

const mostWorkers = 63;
const stackBytes = 512 * 1024;

let control;
let starting = [];
/** Those that answered. The first of them has slot 1 of every team, and so on. */
const workers = [];
let lastSession = 0;

/**
 * Starts workers until there are so many, and waits for their answers. Where that fails there is one warning, and
 * `env.wasm.numThreads` becomes the truth; a later session tries again.
 */
export async function startWorkers(count) {
  control ??= new Int32Array(new SharedArrayBuffer(4 * (controlWords.mail + mostWorkers)));
  while (starting.length < Math.min(count, mostWorkers)) starting.push(startOne(starting.length));
  try {
    await Promise.all(starting);
  } catch (error) {
    if (starting.length === workers.length) return;
    starting = starting.slice(0, workers.length);
    env.wasm.numThreads = workers.length + 1;
    console.warn(`Fewer threads than asked for (${env.wasm.numThreads}): ${error.message}`);
  }
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

  /** The session is over: the workers let go of its memory. */
  leave() {
    for (const worker of workers.slice(0, this.#attached)) post(worker, { session: this.#session });
    this.#attached = 0;
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
