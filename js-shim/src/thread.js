// A worker thread that helps with the runs of sessions; pool.js is the other side.
import { dotOn } from './dot.js';
import { controlWords as words, teamWords, whenCollected } from './pool-control.js';

/** No import of the core is for a worker: files are read, and clocks asked, by the caller alone. */
const notHere = () => {
  throw new Error('a worker thread cannot call the host');
};
const imports = { read: notHere, open: notHere, byte_count: notHere, now: notHere, write: notHere };

/**
 * @param {{ control: SharedArrayBuffer, index: number }} greeting
 * @param {{ postMessage: (message: object) => void }} port
 * @returns {(message: object) => void} handles what the pool posts
 */
export function workForSessions({ control, index }, port) {
  const shared = new Int32Array(control);
  /** @type {Map<number, { team: Int32Array, work: () => void, press: () => Promise<void> }>} */
  const sessions = new Map();
  let handled = 0;
  /** Sessions whose memory is being given back, which takes turns: until then this thread does not sleep. */
  let leaving = 0;

  /** Sleeps and works by turns, until there is mail: that comes to the event loop only. */
  const stay = () => {
    for (;;) {
      const seen = Atomics.load(shared, words.wake);
      if (Atomics.load(shared, words.mail + index) > handled) return;
      let isIdle = true;
      for (const [session, { team, work }] of sessions) {
        if (Atomics.load(team, teamWords.isWorking) === 0) continue;
        isIdle = false;
        try {
          work();
        } catch (error) {
          // The caller waits for this thread, finds the word, and ends the session.
          Atomics.store(team, teamWords.hasFailed, 1);
          port.postMessage({ failure: `${error?.stack}` });
          sessions.delete(session);
        }
        break;
      }
      if (isIdle) Atomics.wait(shared, words.wake, seen);
    }
  };

  const leave = async (session) => {
    const press = sessions.get(session)?.press;
    sessions.delete(session);
    leaving++;
    await press?.();
    leaving--;
    port.postMessage({ session });
    if (leaving === 0) stay();
  };

  return (message) => {
    handled++;
    const { session, module, memory, team, slot, stackEnd } = message;
    if (module) {
      const { exports } = new WebAssembly.Instance(module, {
        env: { memory },
        apus: { ...imports, dot: dotOn(module, memory) },
      });
      exports.__stack_pointer.value = stackEnd;
      sessions.set(session, {
        team: new Int32Array(memory.buffer, team, teamWords.count),
        work: () => exports.apus_work(team, slot),
        press: whenCollected(memory),
      });
    } else {
      leave(session);
    }
    if (leaving === 0) stay();
  };
}
