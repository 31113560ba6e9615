// One session's wasm instance and its memory. This is the only file that touches a view of that memory: views go
// stale whenever the memory grows, so each use asks for a fresh one. wasm/ABI.md describes the other side.
import { BlockReader, BlockWriter } from './block.js';
import { dotOn } from './dot.js';
import { messageOf, runtimeError } from './errors.js';
import { now } from './host.js';
import {
  readDescription,
  readError,
  readMemory,
  readProfile,
  readResults,
  writeCreateRequest,
  writeRunRequest,
} from './messages.js';
import { watchCollected } from './pool-control.js';
import { decodeUtf8 } from './utf8.js';
import { bytesOf } from './validate.js';

/** The version of wasm/ABI.md that this file speaks. */
export const abiVersion = 2;

/** The control block, in 32-bit words; the text that names the current node follows. */
const controlWords = { team: 4, response: 5, nodeBytes: 7, opTypeBytes: 8, text: 9 };

/** For less memory than this the collector need not be bothered. */
const worthCollecting = 1 << 23;

/** Tensors in the staging area begin where any vector may. */
const align = (byteCount) => (byteCount + 63) & ~63;

/**
 * @typedef {object} Source  bytes that the core pulls from while it loads
 * @property {number} byteCount
 * @property {(offset: number, target: Uint8Array) => void} read  fills `target`, or throws
 * @property {() => void} [close]
 *
 * @typedef {ReturnType<typeof createCore>} Core
 */

/**
 * @param {{ module: WebAssembly.Module, memory: WebAssembly.MemoryDescriptor }} compiled  one with shared memory for
 *   more than one thread
 * @param {Source} model
 * @param {(location: string) => Source} openExternal  answers for the files that a model's weights may lie in
 * @param {object} [options]
 * @param {number} [options.threads]  that may work on a run, the caller's among them
 * @param {(bytes: Uint8Array) => void} [options.write]  takes the optimised model in pieces, where it is asked for
 */
export function createCore({ module, memory: descriptor }, model, openExternal, { threads = 1, write } = {}) {
  let memory = new WebAssembly.Memory(descriptor);
  let sources = [model];
  /** Views of all the memory, which `view` renews. */
  let bytes;
  let words;
  let reader;
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

  const view = () => {
    if (bytes?.buffer !== memory.buffer) {
      const { buffer } = memory;
      bytes = new Uint8Array(buffer);
      words = new Uint32Array(buffer);
      reader = new BlockReader(buffer);
    }
    return bytes;
  };

  /** @param {number} address  signed, as it comes out of wasm; the count too */
  const bytesAt = (address, byteCount) => view().subarray(address >>> 0, (address >>> 0) + (byteCount >>> 0));

  /** A word of the control block. */
  const word = (place) => {
    view();
    return words[control / 4 + place];
  };

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
    // It knows what the session is made of.
    openExternal = undefined;
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

  const currentNode = () => {
    // The instance may not have come so far as to say where its control block is.
    if (!control) return {};
    const text = control + 4 * controlWords.text;
    const nodeEnd = text + word(controlWords.nodeBytes);
    const opTypeEnd = nodeEnd + word(controlWords.opTypeBytes);
    return { node: decodeUtf8(bytes, text, nodeEnd), opType: decodeUtf8(bytes, nodeEnd, opTypeEnd) };
  };

  const checkAlive = () => {
    if (end) throw runtimeError(6, end.message, { cause: end.cause });
  };

  const call = (name, ...parameters) => {
    checkAlive();
    try {
      return exports[name](...parameters);
    } catch (cause) {
      // What a trap leaves behind cannot be trusted: the session ends, and its memory goes.
      const { node, opType } = currentNode();
      const at = opType ? ` at node '${node}' (${opType})` : '';
      end = new Error(`the session stopped${at} and cannot be used any more: ${messageOf(cause)}`, { cause });
      drop();
      throw runtimeError(6, end.message, { ...(opType && { node, opType }), cause });
    }
  };

  const response = () => {
    // First, since it may renew the reader.
    const address = word(controlWords.response);
    return reader.from(address);
  };

  /** Calls a function that answers a status. */
  const ask = (name, ...parameters) => {
    hostError = undefined;
    const status = call(name, ...parameters);
    if (status >= 0) return status;
    const { code, message, ...facts } = readError(response());
    const cause = hostError;
    throw runtimeError(code, message + (cause ? `: ${messageOf(cause)}` : ''), { ...facts, cause });
  };

  /** Calls a function of the session and reads what it responds. */
  const fetch = (name, read, ...more) => {
    ask(name, session, ...more);
    return read(response());
  };

  /** An address of so many bytes for the host's own use, or 0. */
  const allocate = (byteCount) => call('allocate', byteCount) >>> 0;

  const allocated = (byteCount, what) => {
    const address = allocate(byteCount);
    const inUse = memory.buffer.byteLength;
    if (!address) throw runtimeError(12, `no memory for ${byteCount} ${what} beside ${inUse} in use`);
    return address;
  };

  const free = (address) => {
    if (!end) call('free', address);
  };

  const reserve = (byteCount) => {
    if (byteCount <= stagingBytes) return;
    if (staging) free(staging);
    stagingBytes = 0;
    staging = allocated(byteCount, 'bytes of inputs');
    stagingBytes = byteCount;
  };

  /**
   * Writes a block behind `byteCount` bytes for tensors.
   * @returns {[number, number]} where the block is and how long
   */
  const stage = (byteCount, write) => {
    checkAlive();
    for (let needed = byteCount + 256; ; ) {
      reserve(needed);
      const writer = new BlockWriter();
      write(writer, staging);
      const block = writer.finish();
      const length = 4 * block.length;
      needed = byteCount + length;
      if (needed > stagingBytes) continue;
      view();
      words.set(block, (staging + byteCount) / 4);
      return [staging + byteCount, length];
    }
  };

  /** Gives every tensor in `value` its offset in the staging area. */
  const collect = (value, tensors, offset) => {
    if (value.data) {
      value.offset = offset;
      value.byteCount = value.data.byteLength;
      tensors.push(value);
      return align(offset + value.byteCount);
    }
    const { elements, keys, values } = value;
    return (elements ?? (keys ? [keys, values] : [])).reduce((at, part) => collect(part, tensors, at), offset);
  };

  const instance = new WebAssembly.Instance(module, {
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
      now,
      dot: dotOn(module, memory),
    },
  });
  /** Without their prefix. */
  let exports = {};
  for (const [name, act] of Object.entries(instance.exports)) exports[name.replace('apus_', '')] = act;
  call('_initialize');
  control = call('control') >>> 0;

  return {
    threads,

    /** Bytes of linear memory. */
    get byteLength() {
      return memory?.buffer.byteLength ?? 0;
    },

    /** What another thread needs to work on the runs of this session. */
    get shareable() {
      return { module, memory };
    },

    /** @param {[string, number | string][]} options */
    createBegin(options) {
      const request = { byteCount: model.byteCount, options: [...options, ['intraOpNumThreads', threads]] };
      session = ask('create_begin', ...stage(0, (block) => writeCreateRequest(block, request)));
      model = undefined;
    },

    /**
     * Goes on loading for so many milliseconds; 0 is to the end.
     * @returns {boolean} whether there is more to do
     */
    createStep: (milliseconds) => ask('create_step', session, milliseconds) > 0,

    /** @param {{ PoolMember: typeof import('./pool.js').PoolMember }} [pool]  where worker threads come from */
    createFinish(pool) {
      const description = fetch('create_finish', readDescription);
      closeSources();
      const team = word(controlWords.team);
      if (pool && team) member = new pool.PoolMember(this, team);
      return description;
    },

    /**
     * Copies the feeds in and begins a run.
     * @param {{ index: number, name: string, value: import('./messages.js').Value & { data?: ArrayBufferView } }[]}
     *   feeds  tensors bring `data`, and where it goes is decided here, or have an address in this memory
     * @param {{ index: number, name: string }[]} fetches
     */
    runBegin(feeds, fetches) {
      const tensors = [];
      let byteCount = 0;
      for (const { value } of feeds) byteCount = collect(value, tensors, byteCount);
      const place = stage(byteCount, (block, base) => {
        for (const tensor of tensors) tensor.address = base + tensor.offset;
        writeRunRequest(block, { feeds, fetches, options: 0 });
      });
      for (const tensor of tensors) view().set(bytesOf(tensor.data), tensor.address);
      ask('run_begin', session, ...place);
      member?.join();
    },

    /** As `createStep`. */
    runStep: (milliseconds) => ask('run_step', session, milliseconds) > 0,

    /** The results; tensors stay in place until `runEnd`, see `copyOut`. */
    runFinish: () => fetch('run_finish', readResults),

    /** Drops the results, or a run under way. */
    runEnd() {
      if (!end) ask('run_end', session);
    },

    /**
     * Time per node since this was called last, or since the beginning where that asked for it.
     * @param {boolean} goesOn  whether to go on measuring
     */
    profile: (goesOn) => fetch('profile', readProfile, +goesOn),

    /** @returns {{ weights: number, arena: number, peak: number }} what the session's tensors take, in bytes */
    memory: () => fetch('memory', readMemory),

    /**
     * A result in an array of its own, which is exactly as long.
     * @template {ArrayBufferView} T
     * @param {{ address: number, byteCount: number }} result
     * @param {new (buffer: ArrayBufferLike, byteOffset: number, length: number) => T} Elements
     * @returns {T}
     */
    copyOut: ({ address, byteCount }, Elements) =>
      new Elements(memory.buffer, address, byteCount / Elements.BYTES_PER_ELEMENT).slice(),

    /** The bytes of a result in the caller's array. */
    copyInto({ address, byteCount }, target) {
      bytesOf(target).set(bytesAt(address, byteCount));
    },

    allocateBytes: allocate,
    free,

    /** Another place with the same bytes, which stays until it is freed. */
    duplicate(address, byteCount) {
      const place = allocated(byteCount, 'bytes');
      view().copyWithin(place, address, address + byteCount);
      return place;
    },

    /**
     * An array over bytes of this memory, good until the memory grows.
     * @param {ArrayBufferView} [last]  an earlier one, which is taken again where it is still good
     */
    viewOf(Elements, address, byteCount, last) {
      const { buffer } = memory;
      return last?.buffer === buffer ? last : new Elements(buffer, address, byteCount / Elements.BYTES_PER_ELEMENT);
    },

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
