// One session's wasm instance and its memory. This is the only file that touches a view of that memory: views go
// stale whenever the memory grows, so each use asks for a fresh one. wasm/ABI.md describes the other side.
import * as host from '#host';
import { BlockReader, BlockWriter } from './block.js';
import { runtimeError } from './errors.js';
import {
  readDescription,
  readError,
  readMemory,
  readProfile,
  readResults,
  writeCreateRequest,
  writeRunRequest,
} from './messages.js';
import { PoolMember } from './pool.js';
import { collectMemory } from './pool-control.js';
import { decodeUtf8 } from './utf8.js';

/** The version of wasm/ABI.md that this file speaks. */
export const abiVersion = 2;

/** The control block, in 32-bit words; the text that names the current node follows. */
const words = { team: 4, response: 5, responseBytes: 6, nodeBytes: 7, opTypeBytes: 8, text: 9, count: 128 };

/** Tensors in the staging area begin where any vector may. */
const align = (byteCount) => (byteCount + 63) & ~63;

/** Addresses come out of wasm as signed numbers. */
const unsigned = (address) => address >>> 0;

/** The bytes of any view, without a copy. */
const bytesOf = (view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

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
  #bytes = new Uint8Array(0);
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
   * @param {number} [threads]  that may work on a run, the caller's among them
   * @param {(bytes: Uint8Array) => void} [write]  takes the optimised model in pieces, where an option asks for it
   */
  constructor({ module, memory }, model, openExternal, threads = 1, write) {
    /** Threads that may work on a run, the caller's among them. */
    this.threads = threads;
    this.#module = module;
    this.#sources = [model];
    this.#openExternal = openExternal;
    this.#memory = new WebAssembly.Memory(memory);
    const imports = {
      read: (source, offset, byteCount, address) =>
        this.#answer(-1, () => {
          const at = unsigned(address);
          this.#sources[source].read(offset, this.#view().subarray(at, at + unsigned(byteCount)));
          return 0;
        }),
      open: (address, byteCount) =>
        this.#answer(-1, () => {
          const at = unsigned(address);
          const location = decodeUtf8(this.#view(), at, at + byteCount);
          return this.#sources.push(this.#openExternal(location)) - 1;
        }),
      write: (address, byteCount) =>
        this.#answer(-1, () => {
          const at = unsigned(address);
          write(this.#view().slice(at, at + byteCount));
          return 0;
        }),
      byte_count: (source) => this.#sources[source].byteCount,
      now: host.now,
    };
    const instance = new WebAssembly.Instance(module, { env: { memory: this.#memory }, apus: imports });
    this.#exports = instance.exports;
    this.#call('_initialize');
    this.#control = unsigned(this.#call('apus_control'));
  }

  /** Bytes of linear memory. */
  get byteLength() {
    return this.#memory ? this.#memory.buffer.byteLength : 0;
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

  createFinish() {
    this.#status('apus_create_finish', this.#session);
    this.#closeSources();
    const team = this.#controlWords()[words.team];
    if (team !== 0) this.#member = new PoolMember(this, team);
    return readDescription(this.#response());
  }

  /**
   * Copies the feeds in and begins a run.
   * @param {{ index: number, name: string, value: import('./messages.js').Value & { data?: ArrayBufferView } }[]} feeds
   *   tensors bring `data`; where it goes is decided here
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
    this.#status('apus_run_finish', this.#session);
    return readResults(this.#response());
  }

  /** Drops the results, or a run under way. */
  runEnd() {
    if (!this.#end) this.#status('apus_run_end', this.#session);
  }

  /** Time per node over all runs, where it was asked for at the beginning. */
  profile() {
    this.#status('apus_profile', this.#session);
    return readProfile(this.#response());
  }

  /** @returns {{ weights: number, arena: number, peak: number }} what the session's tensors take, in bytes */
  memory() {
    this.#status('apus_memory', this.#session);
    return readMemory(this.#response());
  }

  /**
   * The bytes of a result in a buffer of their own.
   * @returns {ArrayBuffer}
   */
  copyOut({ address, byteCount }) {
    return this.#view().slice(address, address + byteCount).buffer;
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

  /** Lets go of the instance and its memory. */
  dispose() {
    this.#end ??= new Error('the session has been released.');
    this.#drop();
  }

  #view() {
    const { buffer } = this.#memory;
    if (this.#bytes.buffer !== buffer) this.#bytes = new Uint8Array(buffer);
    return this.#bytes;
  }

  /** Gives every tensor in `value` its offset in the staging area. */
  #collect(value, tensors, offset) {
    if (value.kind === 'tensor') {
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
    this.#staging = this.allocate(byteCount);
    if (this.#staging === 0) {
      throw runtimeError(12, `no memory for ${byteCount} bytes of inputs beside ${this.byteLength} in use`);
    }
    this.#stagingBytes = byteCount;
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
    const { code, message, node, hint } = readError(this.#response());
    const facts = node && { node: node.name, opType: node.opType, opset: node.opset, shapes: node.shapes };
    const cause = this.#hostError;
    const why = cause === undefined ? '' : `: ${cause?.message ?? cause}`;
    throw runtimeError(code, message + why, { ...facts, ...(hint && { hint }), cause });
  }

  #controlWords() {
    this.#view();
    return new Uint32Array(this.#memory.buffer, this.#control, words.count);
  }

  #response() {
    return new BlockReader(this.#view(), this.#controlWords()[words.response]);
  }

  /** No exception may cross the core's frames: what the host could not do is a status; the reason is kept here. */
  #answer(failure, act) {
    try {
      return act();
    } catch (error) {
      this.#hostError = error;
      return failure;
    }
  }

  /** What a trap leaves behind cannot be trusted: the session ends, and its memory goes. */
  #trapped(cause) {
    const control = this.#control ? this.#controlWords() : undefined;
    const text = this.#control + 4 * words.text;
    const nodeEnd = text + (control?.[words.nodeBytes] ?? 0);
    const node = control && decodeUtf8(this.#view(), text, nodeEnd);
    const opType = control && decodeUtf8(this.#view(), nodeEnd, nodeEnd + control[words.opTypeBytes]);
    const at = opType ? ` at node '${node}' (${opType})` : '';
    const why = cause?.message ?? cause;
    this.#end = new Error(`the session stopped${at} and cannot be used any more: ${why}`, { cause });
    this.#drop();
    return runtimeError(6, this.#end.message, { ...(opType && { node, opType }), cause });
  }

  #drop() {
    this.#closeSources();
    const member = this.#member;
    this.#exports = undefined;
    this.#memory = undefined;
    this.#member = undefined;
    this.#bytes = new Uint8Array(0);
    if (member) {
      member.leave();
      collectMemory();
    }
  }

  #closeSources() {
    for (const source of this.#sources) source.close?.();
    this.#sources = [];
  }
}
