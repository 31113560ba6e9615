// The loop over bytes that the loader takes where relaxed SIMD is there and exact.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import { dotOn } from '../src/dot.js';
import { hasRelaxedSimd } from '../src/simd.js';

const file = new URL('../dist/ort-wasm-simd-threaded.wasm', import.meta.url);
const compile = (change = (bytes) => bytes) => new WebAssembly.Module(change(fs.readFileSync(file)));
const pages = { initial: 4, maximum: 65536 };

/** Bytes without a pattern, the largest among them. */
const mixed = (count, seed) =>
  Uint8Array.from({ length: count }, (_, i) => (i % 5 ? (i * i * 31 + i * seed) >> 1 : 255));

for (const shared of [false, true]) {
  test(`sums of products are exact on ${shared ? 'shared' : 'plain'} memory`, () => {
    const memory = new WebAssembly.Memory({ ...pages, shared });
    const dot = dotOn(compile(), memory);
    const [quads, blocks, stride] = [3, 7, 11];
    const [a, b, c] = [64, 4096, 8192];
    if (!hasRelaxedSimd()) {
      assert.equal(dot(a, b, c, stride, quads, blocks), 0);
      return;
    }
    const left = new Uint8Array(memory.buffer, a, quads * blocks * 16);
    const right = new Int8Array(memory.buffer, b, blocks * 32);
    left.set(mixed(left.length, 7));
    right.set(mixed(right.length, 13));
    const sums = new Int32Array(memory.buffer, c, 4 * quads * stride).fill(-1);
    const answer = dot(a, b, c, stride, quads, blocks);
    // An engine may have the instruction in a form that is not exact: then it is not used.
    if (answer === 0) return;
    assert.equal(answer, 1);
    for (let row = 0; row < 4 * quads; row++) {
      for (let column = 0; column < stride; column++) {
        let want = column < 8 ? 0 : -1;
        for (let k = 0; column < 8 && k < 4 * blocks; k++) {
          const at = ((row >> 2) * blocks + (k >> 2)) * 16 + (row & 3) * 4 + (k & 3);
          want += left[at] * right[(k >> 2) * 32 + column * 4 + (k & 3)];
        }
        assert.equal(sums[row * stride + column], want, `row ${row}, column ${column}`);
      }
    }
  });
}

test('a file without the section has no such loop', () => {
  const cut = (bytes) => {
    const name = bytes.lastIndexOf('apus.dot');
    bytes.write('apus.not', name);
    return bytes;
  };
  assert.equal(dotOn(compile(cut), new WebAssembly.Memory(pages))(0, 0, 0, 0, 0, 0), 0);
});
