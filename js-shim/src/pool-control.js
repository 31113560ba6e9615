// What the pool and its worker threads share.

/** The control words: `wake` changes whenever a worker should look around; then the mail posted to each worker. */
export const controlWords = { wake: 0, mail: 1 };

/**
 * Makes the collector notice that so many bytes of shared memory went. V8 does not count them, but it counts plain
 * buffers, which cost nothing as long as they are not touched: four times the size, for it to look at once (measured:
 * 100 sessions one after another stay at 1.04 times the memory of ten, with the size itself they reach 4.1).
 */
export const dropMemory = (byteLength) => {
  try {
    new ArrayBuffer(4 * byteLength);
  } catch {
    // More than can be had: then nothing is noticed.
  }
};
