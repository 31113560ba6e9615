// Where the bytes of a model come from. The core pulls them while it loads, in any order and some more than once, so
// they are kept as they came until it is done; they are never put together into one piece.
import { messageOf, runtimeError } from './errors.js';
import { isFile } from './host.js';
import { unlessAborted } from './turns.js';
import { readable, tagOf } from './validate.js';
import { loadWorkerFile, workerFileNow } from './worker-file.js';

/** The bytes at hand as a source; they are neither kept after loading nor changed. */
export const bytesSource = (bytes) => chunksSource([{ start: 0, bytes }], bytes.byteLength);

/** @param {{ start: number, bytes: Uint8Array }[]} chunks  one behind the other */
function chunksSource(chunks, byteCount) {
  return {
    byteCount,
    read(offset, target) {
      if (offset + target.length > byteCount) {
        throw runtimeError(1, `${target.length} bytes at ${offset} lie outside the ${byteCount} there are`);
      }
      let place = chunkAt(chunks, offset);
      for (let done = 0; done < target.length; place++) {
        const { start, bytes } = chunks[place];
        const from = offset + done - start;
        const part = bytes.subarray(from, from + target.length - done);
        target.set(part, done);
        done += part.length;
      }
    },
  };
}

/** The last chunk that begins at `offset` or before. */
function chunkAt(chunks, offset) {
  let low = 0;
  let high = chunks.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (chunks[middle].start <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * A source where nothing has to be waited for.
 * @param {string | Uint8Array} model
 */
export function openNow(model) {
  if (model instanceof Uint8Array) return bytesSource(model);
  if (isFile(model)) return workerFileNow().openFile(model);
  throw new TypeError('bytes are needed, or a path where there are files: anything else has to be waited for.');
}

/**
 * A source of whatever can be a model.
 * @param {string | Uint8Array | Response | Request | Blob | ReadableStream} model
 * @param {{ signal?: AbortSignal, onBytes?: (loaded: number, total?: number) => void }} [watch]
 * @returns {Promise<import('./core.js').Source>}
 */
export async function openSource(model, { signal, onBytes } = {}) {
  if (model instanceof Uint8Array) return bytesSource(model);
  if (isFile(model)) return (await loadWorkerFile()).openFile(model);
  if (model.getReader) return readStream(model, undefined, signal, onBytes);
  if (model.stream) return readStream(model.stream(), model.size, signal, onBytes);
  const response = tagOf(model) === 'Response' ? model : await request(model, signal);
  const name = typeof model === 'string' ? model : response.url || 'a response';
  if (!response.ok) throw new Error(`${failed}: ${name}`);
  if (response.bodyUsed) throw new TypeError(`the body of ${name} was read already.`);
  if (!response.body?.getReader) return bytesSource(new Uint8Array(await response.arrayBuffer()));
  // Of compressed bytes the length says nothing.
  const length = response.headers.has('content-encoding') ? 0 : Number(response.headers.get('content-length'));
  return readStream(response.body, length || undefined, signal, onBytes);
}

const failed = 'failed to load external data file';

async function request(model, signal) {
  try {
    return await fetch(model, signal && { signal });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new Error(`${failed}: ${model.url ?? model}: ${messageOf(cause)}`, { cause });
  }
}

async function readStream(stream, total, signal, onBytes) {
  const reader = stream.getReader();
  const chunks = [];
  let start = 0;
  onBytes?.(0, total);
  try {
    for (;;) {
      const { done, value } = await unlessAborted(reader.read(), signal);
      if (done) return chunksSource(chunks, start);
      const bytes = readable(value);
      if (!(bytes instanceof Uint8Array)) throw new TypeError(`it gave a ${typeof value} instead of bytes`);
      chunks.push({ start, bytes });
      start += bytes.length;
      onBytes?.(start, total);
    }
  } catch (cause) {
    // Nobody waits for a stream that fails to be cancelled.
    reader.cancel(cause).catch(() => {});
    signal?.throwIfAborted();
    throw runtimeError(1, `the model could not be read: ${messageOf(cause)}`, { cause });
  }
}
