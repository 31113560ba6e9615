// A worker thread that helps with the runs of sessions; pool.js is the other side.
import { dotOn } from './dot.js';
import { now } from './host.js';
import { controlWords as words, teamWords, watchCollected } from './pool-control.js';

/** No import of the core is for a worker: files are read, and clocks asked, by the caller alone. */
const notHere = () => {
  throw new Error('a worker thread cannot call the host');
};
const imports = { read: notHere, open: notHere, byte_count: notHere, forget: notHere, now: notHere, write: notHere };

/**
 * For so many milliseconds nobody must have asked for this thread before it looks for memory that sessions left: a look
 * takes some itself. One that is asked for all the time looks all the same, but not more often than that.
 */
const looksWhenIdle = 5;
const looksWhenBusy = 100;

/**
 * @param {{ control: SharedArrayBuffer, index: number }} greeting
 * @param {{ postMessage: (message: object) => void }} port
 * @returns {(message: object) => void} handles what the pool posts
 */
export function workForSessions({ control, index }, port) {
  const shared = new Int32Array(control);
  /** @type {Map<number, { team: Int32Array, work: () => void, isGone: () => Promise<boolean> }>} */
  const sessions = new Map();
  let handled = 0;
  /** Sessions that this thread has left, but whose memory the collector has still to find. */
  const leaving = [];
  let isLooking = false;
  let lastLook = 0;

  /**
   * Sleeps and works by turns, until there is mail, which comes to the event loop only, or time for a look.
   * @returns {boolean} whether it is time for a look
   */
  const stay = () => {
    for (;;) {
      const seen = Atomics.load(shared, words.wake);
      if (Atomics.load(shared, words.mail + index) > handled) return false;
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
      if (leaving.length === 0) {
        if (isIdle) Atomics.wait(shared, words.wake, seen);
        continue;
      }
      // Calls that come to nothing, since others were quicker, count as asking.
      if (sessions.size === 0 || now() - lastLook > looksWhenBusy) return true;
      if (isIdle && Atomics.wait(shared, words.wake, seen, looksWhenIdle) === 'timed-out') return true;
    }
  };

  /** Between one look and the next there is work: a session that is gone must not slow others down. */
  const goOn = async () => {
    while (!isLooking && stay()) {
      isLooking = true;
      while (leaving.length > 0 && (await leaving[0].isGone())) port.postMessage({ session: leaving.shift().session });
      isLooking = false;
      lastLook = now();
    }
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
        isGone: watchCollected(memory),
      });
    } else {
      const isGone = sessions.get(session)?.isGone;
      if (leaving.length === 0) lastLook = now();
      // One that failed here was left then.
      if (isGone) leaving.push({ session, isGone });
      else port.postMessage({ session });
      sessions.delete(session);
    }
    goOn();
  };
}
