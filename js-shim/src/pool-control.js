// What the pool and its worker threads share.

/** The control words: `wake` changes whenever a worker should look around; then the mail posted to each worker. */
export const controlWords = { wake: 0, mail: 1 };

/** The words of a session's team block that JavaScript knows; wasm/ABI.md has the block. */
export const teamWords = { isWorking: 0, hasFailed: 16, epoch: 96, count: 97 };

/**
 * Makes the collector look, after a session's memory was let go of. V8 does not count shared memory, and takes its time
 * with plain memory, but it counts plain buffers, and these cost nothing since nobody touches them. Two gigabytes in 32
 * pieces is what it takes to be looked at now and not some time: measured in Node 20 and 24, 100 sessions of 55 MB with
 * threads one after another then never take more than 1.3 times the memory of one, and without it 21 times. It takes
 * 10 to 30 ms.
 */
export function collectMemory() {
  try {
    for (let piece = 0; piece < 32; piece++) new ArrayBuffer(1 << 26);
  } catch {
    // More than can be had: then nothing is noticed.
  }
}
