// What the pool and its worker threads share.

/** The control words: `wake` changes whenever a worker should look around; then the mail posted to each worker. */
export const controlWords = { wake: 0, mail: 1 };

/**
 * Makes the collector notice that so many bytes of shared memory went: V8 does not count them, but it counts a plain
 * buffer of that size, which is never touched and so costs nothing.
 */
export const dropMemory = (byteLength) => {
  try {
    new ArrayBuffer(byteLength);
  } catch {
    // Too large to be had: then nothing is noticed.
  }
};
