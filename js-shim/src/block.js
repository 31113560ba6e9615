// Blocks: how everything that is not a number crosses into wasm and back. wasm/ABI.md has the layout, and the golden
// bytes beside it hold this side and Swift's to the same.
import { decodeUtf8, encodeUtf8 } from './utf8.js';

/** Writes one block after another into one growing buffer. */
export class BlockWriter {
  #bytes = new Uint8Array(512);
  #view = new DataView(this.#bytes.buffer);
  #length = 4;

  /** Begins a new block. */
  reset() {
    this.#length = 4;
    return this;
  }

  /** The block; valid until the next `reset`. */
  finish() {
    this.#view.setUint32(0, this.#length - 4, true);
    return this.#bytes.subarray(0, this.#length);
  }

  u32(value) {
    const at = this.#take(4);
    this.#view.setUint32(at, value, true);
  }

  i32(value) {
    const at = this.#take(4);
    this.#view.setInt32(at, value, true);
  }

  f64(value) {
    const at = this.#take(8);
    this.#view.setFloat64(at, value, true);
  }

  /** The byte count, the bytes, and zeros up to a multiple of four. */
  string(text) {
    const bytes = encodeUtf8(text);
    this.u32(bytes.length);
    const at = this.#take((bytes.length + 3) & ~3);
    this.#bytes.set(bytes, at);
    this.#bytes.fill(0, at + bytes.length, this.#length);
  }

  list(items, write) {
    this.u32(items.length);
    for (const item of items) write(this, item);
  }

  dims(dims) {
    this.u32(dims.length);
    for (let i = 0; i < dims.length; i++) this.i32(dims[i]);
  }

  /** Room for `count` bytes; it may renew `#view`, so it is taken first. */
  #take(count) {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}

/** Reads one block after another out of `bytes`, the first from their beginning. */
export class BlockReader {
  #bytes;
  #view;
  #at = 4;

  constructor(bytes) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Goes to the block that begins at `at`. */
  from(at) {
    this.#at = at + 4;
    return this;
  }

  u32() {
    return this.#view.getUint32(this.#take(4), true);
  }

  i32() {
    return this.#view.getInt32(this.#take(4), true);
  }

  f64() {
    return this.#view.getFloat64(this.#take(8), true);
  }

  string() {
    const length = this.u32();
    const at = this.#take((length + 3) & ~3);
    return decodeUtf8(this.#bytes, at, at + length);
  }

  list(read) {
    const items = [];
    for (let count = this.u32(); count > 0; count--) items.push(read(this));
    return items;
  }

  dims() {
    const dims = [];
    for (let count = this.u32(); count > 0; count--) dims.push(this.i32());
    return dims;
  }

  #take(count) {
    const at = this.#at;
    this.#at += count;
    return at;
  }
}
