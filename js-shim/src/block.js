// Blocks: how everything that is not a number crosses into wasm and back, as words of 32 bits. wasm/ABI.md has the
// layout, and the golden bytes beside it hold this side and Swift's to the same.
import { decodeUtf8, encodeUtf8 } from './utf8.js';

/** A number of 64 bits and its two words. */
const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);

/** Writes a block. */
export class BlockWriter {
  #words = [0];

  /** The words of the block. */
  finish() {
    this.#words[0] = 4 * (this.#words.length - 1);
    return this.#words;
  }

  /** A number of 32 bits, with or without a sign. */
  u32(value) {
    this.#words.push(value);
  }

  f64(value) {
    double[0] = value;
    this.#words.push(halves[0], halves[1]);
  }

  /** The byte count, the bytes, and zeros up to a multiple of four. */
  string(text) {
    const bytes = encodeUtf8(text);
    this.u32(bytes.length);
    const start = this.#words.length;
    bytes.forEach((byte, i) => (this.#words[start + (i >> 2)] |= byte << (8 * (i & 3))));
  }

  list(items, write) {
    this.u32(items.length);
    for (const item of items) write(this, item);
  }

  dims(dims) {
    this.u32(dims.length);
    this.#words.push(...dims);
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

  i32() {
    return this.u32() | 0;
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
    return this.list((block) => block.i32());
  }
}
