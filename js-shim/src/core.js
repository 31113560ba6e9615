// One session's wasm instance and its memory. This is the only file that touches a view of that memory: views go
// stale whenever the memory grows, so each use asks for a fresh one. wasm/ABI.md describes the other side.
import { BlockReader, BlockWriter } from './block.js';
import { dotOn } from './dot.js';
import { coreError, messageOf, runtimeError } from './errors.js';
import { now } from './host.js';
import { readJSON, readResults, writeOptions, writeRunRequest } from './messages.js';
import { watchCollected } from './pool-control.js';
import { decodeUtf8 } from './utf8.js';
import { bytesOf } from './validate.js';

/** The version of wasm/ABI.md that this file speaks. */
export const abiVersion = 3;

/** The control block, in 32-bit words; the text that names the current node follows. */
const teamWord = 4;
const responseWord = 5;
const nodeBytesWord = 7;
const opTypeBytesWord = 8;
const textWord = 9;

/** For less memory than this the collector need not be bothered. */
const worthCollecting = 1 << 23;

/** Tensors in the staging area begin where any vector may. */
const align = (address) => 64 * Math.ceil(address / 64);

/**
 * @typedef {object} Source  bytes that the core pulls from while it loads
 * @property {number} byteCount
 * @property {(offset: number, target: Uint8Array) => void} read  fills `target`, or throws
 * @property {(offset: number) => void} [forget]  is told that nothing before it will be read again
 * @property {() => void} [close]
 *
 * @typedef {ReturnType<typeof createCore>} Core
 */

/**
 * @param {{ module: WebAssembly.Module, memory: WebAssembly.MemoryDescriptor }} compiled  one with shared memory for
 *   more than one thread
 * @param {(location: string) => Source} openExternal  answers for the files that a model's weights may lie in
 * @param {number} [threads]  that may work on a run, the caller's among them
 * @param {(bytes: Uint8Array) => void} [write]  takes the optimised model in pieces, where it is asked for
 */
export function createCore({ module, memory: descriptor }, openExternal, threads = 1, write) {
  let memory = new WebAssembly.Memory(descriptor);
  let sources = [];
  /** Views of all the memory, which `renew` makes. */
  let bytes;
  let words;
  let reader;
  /** Where the control block is, in words. */
  let control = 0;
  let session;
  /** Where requests and feeds are put; it belongs to the session and is used again. */
  let staging = 0;
  let stagingBytes = 0;
  let hostError;
  /** Why the session is over. */
  let end;
  /** @type {import('./pool.js').PoolMember | undefined}  where more threads than the caller's may work on a run */
  let member;

  /** After every call, for each may have made the memory grow. */
  const renew = () => {
    if (bytes?.buffer !== memory.buffer) {
      const { buffer } = memory;
      bytes = new Uint8Array(buffer);
      words = new Uint32Array(buffer);
      reader = new BlockReader(buffer);
    }
  };

  /**
   * For imports, which are called in the middle of a call.
   * @param {number} address  signed, as it comes out of wasm; the count too
   */
  const bytesAt = (address, byteCount) => new Uint8Array(memory.buffer, address >>> 0, byteCount >>> 0);

  /** An import: what the host could not do is a status, since no exception may cross the core's frames. */
  const answering =
    (act) =>
    (...parameters) => {
      try {
        return act(...parameters) ?? 0;
      } catch (error) {
        hostError = error;
        return -1;
      }
    };

  const closeSources = () => {
    for (const source of sources) source.close?.();
    sources = [];
    // They know what the session is made of.
    openExternal = write = undefined;
  };

  const drop = () => {
    closeSources();
    const isGone = memory?.buffer.byteLength >= worthCollecting && watchCollected(memory);
    const left = member?.leave();
    exports = memory = member = bytes = words = reader = undefined;
    return isGone && collected(isGone, left);
  };

  /** Not before the workers have left. */
  const collected = async (isGone, left) => {
    await left;
    while (!(await isGone()));
  };

  /** At which node a trap was, where the instance came so far as to say. */
  const currentNode = () => {
    renew();
    const text = 4 * (control + textWord);
    const nodeEnd = text + words[control + nodeBytesWord];
    const opTypeEnd = nodeEnd + words[control + opTypeBytesWord];
    return control && { node: decodeUtf8(bytes, text, nodeEnd), opType: decodeUtf8(bytes, nodeEnd, opTypeEnd) };
  };

  const checkAlive = () => {
    if (end) throw runtimeError(6, end.message, { cause: end.cause });
  };

  /** Calls a function, none of which takes more than three numbers. */
  const call = (name, a, b, c) => {
    checkAlive();
    try {
      const answer = exports[name](a, b, c);
      renew();
      return answer;
    } catch (cause) {
      // Unless an import let go of it meanwhile.
      checkAlive();
      // What a trap leaves behind cannot be trusted: the session ends, and its memory goes.
      const at = currentNode();
      const where = at.opType ? ` at node '${at.node}' (${at.opType})` : '';
      end = new Error(`the session stopped${where} and cannot be used any more: ${messageOf(cause)}`, { cause });
      drop();
      throw runtimeError(6, end.message, { ...(where && at), cause });
    }
  };

  const response = () => reader.from(words[control + responseWord]);

  /** Calls a function that answers a status. */
  const ask = (name, a, b, c) => {
    hostError = undefined;
    const status = call(name, a, b, c);
    if (status >= 0) return status;
    throw coreError(readJSON(response()), hostError);
  };

  /** Calls a function of the session and reads what it responds. */
  const fetch = (name, read, ...more) => {
    ask(name, session, ...more);
    return read(response());
  };

  /** An address of so many bytes for the host's own use, or 0. */
  const allocate = (byteCount) => call('apus_allocate', byteCount) >>> 0;

  /** The same, or an error that says what the bytes are. */
  const allocated = (byteCount, what) => {
    const address = allocate(byteCount);
    const inUse = memory.buffer.byteLength;
    if (!address) throw runtimeError(12, `no memory for ${byteCount} ${what} beside ${inUse} in use`);
    return address;
  };

  const free = (address) => {
    if (!end) call('apus_free', address);
  };

  /**
   * Lays out a request in the staging area: the tensors that are fed, and behind them the block that tells of them.
   * @param {{ value: import('./messages.js').Value }[]} feeds
   * @param {(block: BlockWriter) => void} write
   * @returns {[number, number]} where the block is and how long
   */
  const stage = (feeds, write) => {
    checkAlive();
    for (let needed = 256; ; ) {
      if (needed > stagingBytes) {
        // What grew once grows again, as a decoder's past does at each token.
        const room = needed + (stagingBytes >> 2);
        stagingBytes = 0;
        free(staging);
        // Nobody's, should there be no memory.
        staging = 0;
        staging = allocated(room, 'bytes of inputs');
        stagingBytes = room;
      }
      const tensors = [];
      let at = staging;
      for (const { value } of feeds) at = place(value, tensors, at);
      const block = new BlockWriter(words, at / 4, (staging + stagingBytes) / 4);
      write(block);
      const length = block.finish();
      needed = at + length - staging;
      if (needed > stagingBytes) continue;
      for (const { data, address } of tensors) bytes.set(bytesOf(data), address);
      return [at, length];
    }
  };

  /** Gives every tensor in `value` its place from `address` on, and answers where the next may go. */
  const place = (value, tensors, address) => {
    if (value.data) {
      value.address = address;
      tensors.push(value);
      return align(address + value.byteCount);
    }
    for (const part of value.elements ?? []) address = place(part, tensors, address);
    return address;
  };

  let { exports } = new WebAssembly.Instance(module, {
    env: { memory },
    apus: {
      read: answering((source, offset, byteCount, address) =>
        sources[source].read(offset, bytesAt(address, byteCount)),
      ),
      open: answering(
        (address, byteCount) => sources.push(openExternal(decodeUtf8(bytesAt(address, byteCount), 0, byteCount))) - 1,
      ),
      write: answering((address, byteCount) => void write(bytesAt(address, byteCount).slice())),
      byte_count: (source) => sources[source].byteCount,
      forget: (source, offset) => sources[source].forget?.(offset),
      now,
      dot: dotOn(module, memory),
    },
  });
  call('_initialize');
  control = (call('apus_control') >>> 0) / 4;

  return {
    threads,

    /** What another thread needs to work on the runs of this session; no memory once it is released. */
    get shareable() {
      return { module, memory };
    },

    /** @param {[string, unknown][]} options */
    createBegin(options) {
      const wanted = [...options, ['intraOpNumThreads', threads]];
      session = ask('apus_create_begin', ...stage([], (block) => writeOptions(block, wanted)));
    },

    /**
     * Says what to load, before the first step.
     * @param {Source} model
     */
    createFrom: (model) => (sources = [model]),

    /**
     * Goes on loading for so many milliseconds; 0 is to the end.
     * @returns {boolean} whether there is more to do
     */
    createStep: (milliseconds) => ask('apus_create_step', session, milliseconds) > 0,

    /** @param {{ PoolMember: typeof import('./pool.js').PoolMember }} [pool]  where worker threads come from */
    createFinish(pool) {
      const description = fetch('apus_create_finish', readJSON);
      closeSources();
      const team = words[control + teamWord];
      if (pool && team) member = new pool.PoolMember(this, team);
      return description;
    },

    /**
     * Copies the feeds in and begins a run.
     * @param {{ index: number, name: string, value: import('./messages.js').Value & { data?: ArrayBufferView } }[]}
     *   feeds  tensors bring `data`, and where it goes is decided here, or have an address in this memory
     * @param {{ index: number, name: string }[]} fetches
     * @param {[string, unknown][]} [options]
     */
    runBegin(feeds, fetches, options = []) {
      const request = stage(feeds, (block) => writeRunRequest(block, { feeds, fetches, options }));
      ask('apus_run_begin', session, ...request);
      member?.join();
    },

    /** As `createStep`. */
    runStep: (milliseconds) => ask('apus_run_step', session, milliseconds) > 0,

    /** The results; tensors stay in place until `runEnd`, see `viewOf`. */
    runFinish: () => fetch('apus_run_finish', readResults),

    /** Drops the results, or a run under way. */
    runEnd() {
      if (!end) ask('apus_run_end', session);
    },

    /**
     * Time per node since this was called last, or since the beginning where that asked for it.
     * @param {boolean} goesOn  whether to go on measuring
     */
    profile: (goesOn) => fetch('apus_profile', readJSON, +goesOn),

    /** @returns {{ weights: number, arena: number, peak: number }} what the session's tensors take, in bytes */
    memory: () => fetch('apus_memory', readJSON),

    /**
     * A result where it lies, which holds until the run ends.
     * @template {ArrayBufferView} T
     * @param {{ address: number, byteCount: number }} result
     * @param {new (buffer: ArrayBufferLike, byteOffset: number, length: number) => T} Elements
     * @returns {T}
     */
    viewOf: ({ address, byteCount }, Elements) =>
      new Elements(memory.buffer, address, byteCount / Elements.BYTES_PER_ELEMENT),

    /** Places that stay until they are freed. */
    allocateBytes: allocate,
    allocated,
    free,

    /**
     * Lets go of the instance and its memory.
     * @returns {Promise<unknown> | undefined} settled when worker threads have, too, and the memory is given back
     */
    dispose() {
      end ??= new Error('the session has been released.');
      return drop();
    },
  };
}
