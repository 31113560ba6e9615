// Blocks: how everything that is not a number crosses into wasm and back, as words of 32 bits. wasm/ABI.md has the
// layout, and the golden bytes beside it hold this side and Swift's to the same.
import { decodeUtf8, encodeUtf8 } from './utf8.js';

/** A number of 64 bits and its two words. */
const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);

/** Writes a block into a part of a memory. Where that is too small it goes on counting, and the rest is lost. */
export class BlockWriter {
  #words;
  #start;
  #end;
  #at;

  /**
   * @param {Uint32Array} words  the memory
   * @param {number} start  where in it the block begins
   * @param {number} end  where it must end
   */
  constructor(words, start, end) {
    this.#words = words;
    this.#start = start;
    this.#end = end;
    this.#at = start + 1;
  }

  /** How many bytes the block takes, or would take. */
  finish() {
    const length = 4 * (this.#at - this.#start);
    if (this.#at <= this.#end) this.#words[this.#start] = length - 4;
    return length;
  }

  /** A number of 32 bits, with or without a sign. */
  u32(value) {
    if (this.#at < this.#end) this.#words[this.#at] = value;
    this.#at++;
  }

  f64(value) {
    double[0] = value;
    this.u32(halves[0]);
    this.u32(halves[1]);
  }

  /** The byte count, the bytes, and zeros up to a multiple of four. */
  string(text) {
    const bytes = encodeUtf8(text);
    this.u32(bytes.length);
    for (let at = 0; at < bytes.length; at += 4) {
      this.u32(bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24));
    }
  }

  list(items, write) {
    this.u32(items.length);
    for (const item of items) write(this, item);
  }

  dims(dims) {
    this.list(dims, (block, dim) => block.u32(dim));
  }
}

/** Reads one block after another out of a memory. */
export class BlockReader {
  #bytes;
  #words;
  #at;

  /** @param {ArrayBufferLike} buffer */
  constructor(buffer) {
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer);
  }

  /** Goes to the block that begins at `address`. */
  from(address) {
    this.#at = address / 4 + 1;
    return this;
  }

  u32() {
    return this.#words[this.#at++];
  }

  f64() {
    halves[0] = this.u32();
    halves[1] = this.u32();
    return double[0];
  }

  string() {
    const length = this.u32();
    const start = 4 * this.#at;
    this.#at += Math.ceil(length / 4);
    return decodeUtf8(this.#bytes, start, start + length);
  }

  list(read) {
    const items = [];
    for (let count = this.u32(); count > 0; count--) items.push(read(this));
    return items;
  }

  dims() {
    return this.list((block) => block.u32() | 0);
  }
}
