// The model as it is after optimising, for `optimizedModelFilePath`: a file where there are files, else a download.
// In the worker file.
import { builtin } from './host.js';

/**
 * @param {string} path
 * @returns {{ write: (bytes: Uint8Array) => void, close: () => void, bytes: () => Uint8Array, offer: () => void }}
 *   `offer` when all is written
 */
export function openOptimizedModel(path) {
  const fs = builtin('fs');
  return fs ? writeFile(fs, path) : collect(path);
}

function writeFile(fs, path) {
  const file = fs.openSync(path, 'w');
  return {
    write(bytes) {
      for (let done = 0; done < bytes.length; ) done += fs.writeSync(file, bytes, done);
    },
    close: () => fs.closeSync(file),
    bytes: () => new Uint8Array(fs.readFileSync(path)),
    offer() {},
  };
}

function collect(path) {
  const pieces = [];
  const bytes = () => {
    const whole = new Uint8Array(pieces.reduce((count, piece) => count + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  };
  return { write: (bytes) => pieces.push(bytes), close() {}, bytes, offer: () => offerDownload(bytes(), path) };
}

/** Offers the model to the user of a page where the page asked for it, under the last part of the path. */
export function offerDownload(bytes, path) {
  if (typeof document !== 'object' || builtin('fs')) return;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = path.split(/[\\/]/).pop();
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
