// What the pool and its worker threads share.

/** The control words: `wake` changes whenever a worker should look around; then the mail posted to each worker. */
export const controlWords = { wake: 0, mail: 1 };

/**
 * Makes the collector look, after shared memory was let go of: V8 does not count it, but it counts plain buffers, and
 * these cost nothing since nobody touches them. Two gigabytes in 32 pieces is what it takes to be looked at now and not
 * some time (measured in Node 20 and 24: 100 sessions of 55 MB one after another never take more than 1.7 times the
 * memory of one; with a single buffer of the session's size they take 21 times). It takes about 20 ms.
 */
export function collectMemory() {
  try {
    for (let piece = 0; piece < 32; piece++) new ArrayBuffer(1 << 26);
  } catch {
    // More than can be had: then nothing is noticed.
  }
}
