// Streams for tests.

/** A stream of pieces of so many bytes; what was called on it is noted. */
export function streamOf(data, piece, { failsAt = Infinity, stallsAt = Infinity, calls = [], as = (part) => part } = {}) {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= failsAt) throw new Error('the line is dead');
      if (at >= stallsAt) return new Promise(() => {});
      if (at >= data.length) return controller.close();
      controller.enqueue(as(data.slice(at, at + piece)));
      at += piece;
    },
    cancel: (reason) => void calls.push(reason),
  });
}
