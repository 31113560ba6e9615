import { runtimeError } from './errors.js';

/** The bytes at hand as a source; they are neither kept after loading nor changed. */
export function bytesSource(bytes) {
  return {
    byteCount: bytes.byteLength,
    read(offset, target) {
      const part = bytes.subarray(offset, offset + target.length);
      if (part.length < target.length) {
        throw runtimeError(1, `${target.length} bytes at ${offset} lie outside the ${bytes.byteLength} there are`);
      }
      target.set(part);
    },
  };
}
