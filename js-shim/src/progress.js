// How far the loading of a model is, for `onProgress`. In the worker file.

export class LoadProgress {
  #onProgress;
  #share = 0;
  #pulled = 0;
  #byteCount = 0;

  constructor(onProgress) {
    this.#onProgress = onProgress;
  }

  /**
   * For a download: tells of bytes that arrived.
   * @param {string} [path]  of an external file
   */
  ofDownload(path) {
    const named = path !== undefined && { path };
    return (loaded, total) => this.#tell({ phase: 'download', loaded, total, ...named });
  }

  /** The source, counting what the core pulls: that is most of the work. */
  watch(source) {
    this.#byteCount += source.byteCount;
    return {
      ...source,
      read: (offset, target) => {
        this.#pulled += target.length;
        source.read(offset, target);
      },
    };
  }

  /** Tells how much of the loading is done, from 0 to 1. */
  tellLoad(share = Math.min(0.99, this.#pulled / this.#byteCount || 0)) {
    this.#share = Math.max(this.#share, share);
    this.#tell({ phase: 'load', loaded: this.#share, total: 1 });
  }

  #tell(event) {
    try {
      this.#onProgress(event);
    } catch (error) {
      // It only watches: the session is made all the same.
      console.error(error);
    }
  }
}
