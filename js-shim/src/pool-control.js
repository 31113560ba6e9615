// What the pool and its worker threads share.
import { nextTurn } from './host.js';

/** The control words: `wake` changes whenever a worker should look around; then the mail posted to each worker. */
export const controlWords = { wake: 0, mail: 1 };

/** The words of a session's team block that JavaScript knows; wasm/ABI.md has the block. */
export const teamWords = { isWorking: 0, hasFailed: 16, epoch: 96, count: 97 };

/** How often the collector is pressed at most, before a memory is left to some later time. */
const mostRounds = 10;

/**
 * Watches a memory that is about to be let go of. What this returns makes the collector look for it once, unless it is
 * gone, and answers whether it need not be asked again.
 *
 * V8 does not count shared memory, and takes its time with plain memory, but it counts plain buffers, and these cost
 * nothing since nobody touches them: two gigabytes in 32 pieces is what it takes to be looked at now and not some time.
 * It may begin a collection that ends a few turns later, so that one look is not always enough, and each thread that
 * had the memory has to look. Of 200 sessions of 27 MB one after another, each with two threads, then none leaves its
 * memory to the next in Node 24, where with one look every fourth did; in Node 20 every eighth, whose sweeping ends
 * within half a second.
 * @param {WebAssembly.Memory} memory
 * @returns {() => Promise<boolean>} to be called when nothing on the stack holds the memory any more
 */
export function watchCollected(memory) {
  const watched = new WeakRef(memory);
  let rounds = 0;
  return async () => {
    // To ask for it keeps it until the turn ends.
    if (watched.deref()) {
      await nextTurn();
      try {
        for (let piece = 0; piece < 32; piece++) new ArrayBuffer(1 << 26);
      } catch {
        // More than can be had: then nothing is noticed.
      }
      await nextTurn();
    }
    return !watched.deref() || ++rounds >= mostRounds;
  };
}
