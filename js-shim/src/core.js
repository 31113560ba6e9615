// One session's wasm instance and its memory. This is the only file that touches a view of that memory: views go
// stale whenever the memory grows, so each use asks for a fresh one. wasm/ABI.md describes the other side.
import * as host from './host.js';
import { BlockReader, BlockWriter } from './block.js';
import { messageOf, runtimeError } from './errors.js';
import {
  readDescription,
  readError,
  readMemory,
  readProfile,
  readResults,
  writeCreateRequest,
  writeRunRequest,
} from './messages.js';
import { decodeUtf8 } from './utf8.js';
import { bytesOf } from './validate.js';

/** The version of wasm/ABI.md that this file speaks. */
export const abiVersion = 2;

/** The control block, in 32-bit words; the text that names the current node follows. */
const words = { team: 4, response: 5, responseBytes: 6, nodeBytes: 7, opTypeBytes: 8, text: 9 };

/** Tensors in the staging area begin where any vector may. */
const align = (byteCount) => (byteCount + 63) & ~63;

/** Addresses come out of wasm as signed numbers. */
const unsigned = (address) => address >>> 0;

/**
 * @typedef {object} Source  bytes that the core pulls from while it loads
 * @property {number} byteCount
 * @property {(offset: number, target: Uint8Array) => void} read  fills `target`, or throws
 * @property {() => void} [close]
 */

export class Core {
  #module;
  #exports;
  #memory;
  /** Views of all the memory; see `#view`. */
  #bytes = new Uint8Array(0);
  #words;
  #reader;
  #control = 0;
  #session = 0;
  /** @type {Source[]} */
  #sources;
  #openExternal;
  #writer = new BlockWriter();
  #staging = 0;
  #stagingBytes = 0;
  #hostError;
  #end;
  /** Where more threads than the caller's may work on a run. */
  #member;

  /**
   * @param {{ module: WebAssembly.Module, memory: WebAssembly.MemoryDescriptor }} compiled  one with shared memory for
   *   more than one thread
   * @param {Source} model
   * @param {(location: string) => Source} openExternal  answers for the files that a model's weights may lie in
   * @param {object} [options]
   * @param {number} [options.threads]  that may work on a run, the caller's among them
   * @param {(bytes: Uint8Array) => void} [options.write]  takes the optimised model in pieces, where it is asked for
   */
  constructor({ module, memory }, model, openExternal, { threads = 1, write } = {}) {
    /** Threads that may work on a run, the caller's among them. */
    this.threads = threads;
    this.#module = module;
    this.#sources = [model];
    this.#openExternal = openExternal;
    this.#memory = new WebAssembly.Memory(memory);
    const imports = {
      read: (source, offset, byteCount, address) =>
        this.#answer(() => {
          this.#sources[source].read(offset, this.#bytesAt(address, byteCount));
          return 0;
        }),
      open: (address, byteCount) =>
        this.#answer(() => {
          const location = this.#bytesAt(address, byteCount);
          return this.#sources.push(this.#openExternal(decodeUtf8(location, 0, byteCount))) - 1;
        }),
      write: (address, byteCount) =>
        this.#answer(() => {
          write(this.#bytesAt(address, byteCount).slice());
          return 0;
        }),
      byte_count: (source) => this.#sources[source].byteCount,
      now: host.now,
    };
    this.#exports = new WebAssembly.Instance(module, { env: { memory: this.#memory }, apus: imports }).exports;
    this.#call('_initialize');
    this.#control = unsigned(this.#call('apus_control'));
  }

  /** Bytes of linear memory. */
  get byteLength() {
    return this.#memory?.buffer.byteLength ?? 0;
  }

  /** @param {[string, number | string][]} options */
  createBegin(options) {
    const request = {
      byteCount: this.#sources[0].byteCount,
      options: [...options, ['intraOpNumThreads', this.threads]],
    };
    const [address, length] = this.#stage(0, (block) => writeCreateRequest(block, request));
    this.#session = this.#status('apus_create_begin', address, length);
  }

  /**
   * Goes on loading for so many milliseconds; 0 is to the end.
   * @returns {boolean} whether there is more to do
   */
  createStep(milliseconds) {
    return this.#status('apus_create_step', this.#session, milliseconds) > 0;
  }

  /** @param {{ PoolMember: typeof import('./pool.js').PoolMember }} [pool]  where worker threads come from */
  createFinish(pool) {
    const description = this.#ask('apus_create_finish', readDescription);
    this.#closeSources();
    const team = this.#word(words.team);
    if (pool && team !== 0) this.#member = new pool.PoolMember(this, team);
    return description;
  }

  /**
   * Copies the feeds in and begins a run.
   * @param {{ index: number, name: string, value: import('./messages.js').Value & { data?: ArrayBufferView } }[]} feeds
   *   tensors bring `data`, and where it goes is decided here, or have an address in this memory
   * @param {{ index: number, name: string }[]} fetches
   */
  runBegin(feeds, fetches) {
    const tensors = [];
    let byteCount = 0;
    for (const { value } of feeds) {
      byteCount = this.#collect(value, tensors, byteCount);
    }
    const [address, length] = this.#stage(
      byteCount,
      (block) => writeRunRequest(block, { feeds, fetches, options: 0 }),
      (base) => {
        for (const tensor of tensors) tensor.address = base + tensor.offset;
      },
    );
    const view = this.#view();
    for (const tensor of tensors) view.set(bytesOf(tensor.data), tensor.address);
    this.#status('apus_run_begin', this.#session, address, length);
    this.#member?.join();
  }

  /** As `createStep`. */
  runStep(milliseconds) {
    return this.#status('apus_run_step', this.#session, milliseconds) > 0;
  }

  /** The results; tensors stay in place until `runEnd`, see `copyOut`. */
  runFinish() {
    return this.#ask('apus_run_finish', readResults);
  }

  /** Drops the results, or a run under way. */
  runEnd() {
    if (!this.#end) this.#status('apus_run_end', this.#session);
  }

  /** Time per node over all runs, where it was asked for at the beginning. */
  profile() {
    return this.#ask('apus_profile', readProfile);
  }

  /** @returns {{ weights: number, arena: number, peak: number }} what the session's tensors take, in bytes */
  memory() {
    return this.#ask('apus_memory', readMemory);
  }

  /**
   * A result in an array of its own, which is exactly as long.
   * @template {ArrayBufferView} T
   * @param {{ address: number, byteCount: number }} result
   * @param {new (buffer: ArrayBufferLike, byteOffset: number, length: number) => T} Elements
   * @returns {T}
   */
  copyOut({ address, byteCount }, Elements) {
    return new Elements(this.#memory.buffer, address, byteCount / Elements.BYTES_PER_ELEMENT).slice();
  }

  /** The bytes of a result in the caller's array. */
  copyInto({ address, byteCount }, target) {
    bytesOf(target).set(this.#view().subarray(address, address + byteCount));
  }

  /** What another thread needs to work on the runs of this session. */
  get shareable() {
    return { module: this.#module, memory: this.#memory };
  }

  /** An address of so many bytes for the host's own use, or 0. */
  allocate(byteCount) {
    return unsigned(this.#call('apus_allocate', byteCount));
  }

  free(address) {
    if (!this.#end) this.#call('apus_free', address);
  }

  /** Another place with the same bytes, which stays until it is freed. */
  duplicate(address, byteCount) {
    const place = this.#allocated(byteCount, 'bytes');
    this.#view().copyWithin(place, address, address + byteCount);
    return place;
  }

  /**
   * An array over bytes of this memory, good until the memory grows.
   * @param {ArrayBufferView} [last]  an earlier one, which is taken again where it is still good
   */
  viewOf(Elements, address, byteCount, last) {
    const { buffer } = this.#memory;
    return last?.buffer === buffer ? last : new Elements(buffer, address, byteCount / Elements.BYTES_PER_ELEMENT);
  }

  /**
   * Lets go of the instance and its memory.
   * @returns {Promise<unknown> | undefined} settled when worker threads have, too
   */
  dispose() {
    this.#end ??= new Error('the session has been released.');
    return this.#drop();
  }

  #view() {
    const { buffer } = this.#memory;
    if (this.#bytes.buffer !== buffer) {
      this.#bytes = new Uint8Array(buffer);
      this.#words = new Uint32Array(buffer);
      this.#reader = new BlockReader(this.#bytes);
    }
    return this.#bytes;
  }

  /** @param {number} address  signed, as it comes out of wasm; the count too */
  #bytesAt(address, byteCount) {
    const at = unsigned(address);
    return this.#view().subarray(at, at + unsigned(byteCount));
  }

  /** Gives every tensor in `value` its offset in the staging area. */
  #collect(value, tensors, offset) {
    if (value.kind === 'tensor') {
      if (!value.data) return offset;
      value.offset = offset;
      value.byteCount = value.data.byteLength;
      tensors.push(value);
      return align(offset + value.byteCount);
    }
    const parts = value.kind === 'sequence' ? value.elements : value.kind === 'map' ? [value.keys, value.values] : [];
    return parts.reduce((offset, part) => this.#collect(part, tensors, offset), offset);
  }

  /**
   * Writes a block behind `byteCount` bytes for tensors. The area belongs to the session and is used again.
   * @returns {[number, number]} where the block is and how long
   */
  #stage(byteCount, write, place) {
    this.#checkAlive();
    let needed = byteCount + 256;
    for (;;) {
      this.#reserve(needed);
      place?.(this.#staging);
      write(this.#writer.reset());
      const block = this.#writer.finish();
      if (byteCount + block.length > this.#stagingBytes) {
        needed = byteCount + block.length;
        continue;
      }
      this.#view().set(block, this.#staging + byteCount);
      return [this.#staging + byteCount, block.length];
    }
  }

  #reserve(byteCount) {
    if (byteCount <= this.#stagingBytes) return;
    if (this.#staging !== 0) this.#call('apus_free', this.#staging);
    this.#stagingBytes = 0;
    this.#staging = this.#allocated(byteCount, 'bytes of inputs');
    this.#stagingBytes = byteCount;
  }

  #allocated(byteCount, what) {
    const address = this.allocate(byteCount);
    if (address === 0) throw runtimeError(12, `no memory for ${byteCount} ${what} beside ${this.byteLength} in use`);
    return address;
  }

  #checkAlive() {
    if (this.#end) throw runtimeError(6, this.#end.message, { cause: this.#end.cause });
  }

  #call(name, ...parameters) {
    this.#checkAlive();
    try {
      return this.#exports[name](...parameters);
    } catch (cause) {
      throw this.#trapped(cause);
    }
  }

  #status(name, ...parameters) {
    this.#hostError = undefined;
    const status = this.#call(name, ...parameters);
    if (status >= 0) return status;
    const { code, message, ...facts } = readError(this.#response());
    const cause = this.#hostError;
    const why = cause === undefined ? '' : `: ${messageOf(cause)}`;
    throw runtimeError(code, message + why, { ...facts, cause });
  }

  /** Calls a function of the session and reads what it responds. */
  #ask(name, read) {
    this.#status(name, this.#session);
    return read(this.#response());
  }

  /** A word of the control block. */
  #word(place) {
    this.#view();
    return this.#words[this.#control / 4 + place];
  }

  #response() {
    // First, since it may renew the reader.
    const address = this.#word(words.response);
    return this.#reader.from(address);
  }

  /** No exception may cross the core's frames: what the host could not do is a status; the reason is kept here. */
  #answer(act) {
    try {
      return act();
    } catch (error) {
      this.#hostError = error;
      return -1;
    }
  }

  /** What a trap leaves behind cannot be trusted: the session ends, and its memory goes. */
  #trapped(cause) {
    const { node, opType } = this.#currentNode();
    const at = opType ? ` at node '${node}' (${opType})` : '';
    const why = messageOf(cause);
    this.#end = new Error(`the session stopped${at} and cannot be used any more: ${why}`, { cause });
    this.#drop();
    return runtimeError(6, this.#end.message, { ...(opType && { node, opType }), cause });
  }

  #currentNode() {
    // The instance may not have come so far as to say where its control block is.
    if (this.#control === 0) return {};
    const text = this.#control + 4 * words.text;
    const nodeEnd = text + this.#word(words.nodeBytes);
    const end = nodeEnd + this.#word(words.opTypeBytes);
    return { node: decodeUtf8(this.#view(), text, nodeEnd), opType: decodeUtf8(this.#view(), nodeEnd, end) };
  }

  #drop() {
    this.#closeSources();
    const left = this.#member?.leave();
    this.#exports = undefined;
    this.#memory = undefined;
    this.#member = undefined;
    this.#bytes = new Uint8Array(0);
    this.#words = undefined;
    this.#reader = undefined;
    return left;
  }

  #closeSources() {
    for (const source of this.#sources) source.close?.();
    this.#sources = [];
    // It knows what the session is made of.
    this.#openExternal = undefined;
  }
}
