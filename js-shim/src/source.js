// Where the bytes of a model come from. The core pulls them while it loads, in any order and some more than once, so
// what arrives as a stream is kept, once, whether its length is known or not, until the core says how much of it will
// not be read again.
import { messageOf, runtimeError } from './errors.js';
import { isFile } from './host.js';
import { unlessAborted } from './turns.js';
import { readable, tagOf } from './validate.js';
import { loadWorkerFile, workerFileNow } from './worker-file.js';

/**
 * A stream is kept in blocks of so many bytes, since an array that grows is there twice while it does. Their buffers
 * are resizable: what such a buffer shrinks by goes back to the system at once, and not when a collector comes by, nor
 * to an allocator that keeps it.
 */
export const blockBytes = 1 << 20;

/**
 * The bytes at hand as a source; they are neither kept after loading nor changed.
 * @param {Uint8Array} bytes
 */
export const bytesSource = (bytes) => blockSource([bytes], bytes.length, Infinity);

/**
 * @param {Uint8Array[]} blocks  each of `size` bytes
 * @returns {import('./core.js').Source}
 */
const blockSource = (blocks, byteCount, size) => {
  /** Where the first block begins that is still there. */
  let first = 0;
  const forget = (offset) => {
    // Bytes of the caller are one block, which has no end.
    for (; first + size < offset && blocks.length; first += size) blocks.shift().buffer.resize?.(0);
  };
  return {
    byteCount,
    read(offset, target) {
      const { length } = target;
      if (offset < first || offset + length > byteCount) {
        throw runtimeError(1, `${length} bytes at ${offset} lie outside those from ${first} to ${byteCount}`);
      }
      for (let done = 0; done < length; ) {
        const at = offset + done - first;
        const part = blocks[Math.floor(at / size)].subarray(at % size, (at % size) + length - done);
        target.set(part, done);
        done += part.length;
      }
    },
    forget,
    close: () => forget(Infinity),
  };
};

/**
 * A source where nothing has to be waited for.
 * @param {string | Uint8Array} model
 */
export function openNow(model) {
  if (model instanceof Uint8Array) return bytesSource(model);
  if (isFile(model)) return workerFileNow().openFile(model);
  throw new TypeError('it cannot be read without waiting');
}

/**
 * A source of whatever can be a model.
 * @param {string | Uint8Array | Response | Request | Blob | ReadableStream} model
 * @param {{ signal?: AbortSignal, onBytes?: (loaded: number, total?: number) => void }} [watch]
 * @returns {Promise<import('./core.js').Source>}
 */
export async function openSource(model, watch = {}) {
  if (model instanceof Uint8Array) return bytesSource(model);
  if (isFile(model)) return (await loadWorkerFile()).openFile(model);
  if (model.getReader) return readStream(model, 0, watch);
  if (model.stream) return readStream(model.stream(), model.size, watch);
  const response = tagOf(model) === 'Response' ? model : await request(model, watch);
  const { headers, body, url } = response;
  const name = typeof model === 'string' ? model : url || 'a response';
  if (!response.ok) throw new Error(`${failed}: ${name}`);
  if (response.bodyUsed) throw new TypeError(`the body of ${name} was read already.`);
  if (!body?.getReader) return bytesSource(new Uint8Array(await response.arrayBuffer()));
  // Of compressed bytes the length says nothing.
  return readStream(body, headers.has('content-encoding') ? 0 : Number(headers.get('content-length')), watch);
}

const failed = 'failed to load external data file';

async function request(model, { signal }) {
  try {
    return await fetch(model, signal && { signal });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new Error(`${failed}: ${model.url ?? model}: ${messageOf(cause)}`, { cause });
  }
}

/** @param {number} total  0 where it is not known */
async function readStream(stream, total, { signal, onBytes }) {
  const reader = stream.getReader();
  const blocks = [];
  let count = 0;
  const tell = () => onBytes?.(count, total || undefined);
  tell();
  try {
    for (;;) {
      const { done, value } = await unlessAborted(reader.read(), signal);
      if (done) return blockSource(blocks, count, blockBytes);
      const piece = readable(value);
      if (!(piece instanceof Uint8Array)) throw new TypeError(`it gave a ${typeof value} instead of bytes`);
      // Copied, since whoever sends it may use its array again.
      for (let at = 0; at < piece.length; ) {
        const from = count % blockBytes;
        if (from === 0) blocks.push(new Uint8Array(new ArrayBuffer(blockBytes, { maxByteLength: blockBytes })));
        const part = piece.subarray(at, at + blockBytes - from);
        blocks.at(-1).set(part, from);
        at += part.length;
        count += part.length;
      }
      tell();
    }
  } catch (cause) {
    // Nobody waits for a stream that fails to be cancelled.
    reader.cancel(cause).catch(() => {});
    signal?.throwIfAborted();
    throw runtimeError(1, `the model could not be read: ${messageOf(cause)}`, { cause });
  }
}
