// Files as sources, where there are any: models, and their weights beside them. In the worker file: pages have none.
import { runtimeError } from './errors.js';
import { builtin, isFile, pathOf } from './host.js';

/**
 * A file as a source that is read piece by piece, as the core asks for it.
 * @param {string} doing  for errors: what it was opened for
 * @returns {import('./core.js').Source}
 */
export function openFile(address, doing = 'Load model from') {
  const fs = builtin('fs');
  const path = pathOf(address);
  let file;
  const close = () => {
    if (file !== undefined) fs.closeSync(file);
    file = undefined;
  };
  try {
    file = fs.openSync(path, 'r');
    const status = fs.fstatSync(file);
    if (!status.isFile()) throw new Error('not a file');
    const { size } = status;
    return {
      byteCount: size,
      read(offset, target) {
        for (let done = 0; done < target.length; ) {
          const count = fs.readSync(file, target, done, target.length - done, offset + done);
          if (count === 0) throw runtimeError(1, `${path} ends at ${offset + done} of ${size} bytes`);
          done += count;
        }
      },
      close,
    };
  } catch (cause) {
    close();
    const isMissing = cause?.code === 'ENOENT';
    const why = isMissing ? 'no such file' : cause.message;
    throw runtimeError(isMissing ? 3 : 1, `${doing} ${path} failed: ${why}`, { cause });
  }
}

/**
 * A file of weights beside the model's; undefined where the model did not come from a file.
 * @param {unknown} model  what the session was made of
 */
export function openBeside(model, location) {
  if (!isFile(model)) return undefined;
  const path = builtin('path');
  const steps = location.split(/[\\/]/);
  if (path.isAbsolute(location) || steps.includes('..')) {
    throw runtimeError(2, `external data '${location}' must lie below the model's folder`);
  }
  return openFile(path.join(path.dirname(pathOf(model)), location), 'Load external data from');
}
