// Models that arrive as streams: kept in blocks while the session is made of them, and let go as they are read.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import * as ort from '../dist/ort.min.mjs';
import { bytesSource, openSource } from '../src/source.js';
import { initializer, model, node, value } from './support/onnx.js';
import { streamOf } from './support/streams.js';
import { throwsExactly } from './support/throws.js';

const { InferenceSession, Tensor } = ort;

/** Weights of several blocks, in another order than their nodes; one is read three times, one lies in another file. */
const rows = 700;
const random = (count, seed) => Float32Array.from({ length: count }, (_, i) => Math.sin(i * seed) / 50);
const outside = random(rows * rows, 3);
const mixedModel = (location) =>
  model({
    nodes: [
      node('MatMul', ['x', 'A'], ['a']), node('MatMul', ['a', 'B'], ['b']), node('Gather', ['A', 'i'], ['row']),
      node('Transpose', ['A'], ['t']), node('MatMul', ['b', 't'], ['c']), node('Add', ['c', 'D'], ['d']),
      node('MatMul', ['d', 'E'], ['e']), node('MatMul', ['e', 'F'], ['f']), node('Add', ['f', 'row'], ['y']),
    ],
    initializers: [
      initializer('E', 'float32', [rows, rows], outside, location),
      initializer('B', 'float32', [rows, rows], random(rows * rows, 5)),
      initializer('i', 'int64', [1], BigInt64Array.of(BigInt(rows - 1))),
      initializer('D', 'float32', [rows, rows], random(rows * rows, 7)),
      initializer('F', 'float32', [rows, rows], outside, location && `./${location}`),
      initializer('A', 'float32', [rows, rows], random(rows * rows, 11)),
    ],
    inputs: [value('x', 'float32', [rows, rows]), value('D', 'float32', [rows, rows])],
    outputs: [value('y', 'float32', [rows, rows])],
  });
const whole = mixedModel();
const outsideBytes = () => new Uint8Array(outside.buffer.slice(0));

async function answer(given, options) {
  const session = await InferenceSession.create(given, options);
  const { y } = await session.run({ x: new Tensor('float32', random(rows * rows, 13), [rows, rows]) });
  await session.release();
  return y.data;
}

/** Counts the bytes that streams give back from now on: their buffers shrink to nothing. */
function watchGone(t) {
  const { resize } = ArrayBuffer.prototype;
  const gone = { bytes: 0 };
  t.mock.method(ArrayBuffer.prototype, 'resize', function (size) {
    gone.bytes += this.byteLength - size;
    resize.call(this, size);
  });
  return gone;
}

test('a stream is kept once, in blocks, and its sender may use its array again', async () => {
  const piece = new Uint8Array(100_000);
  const count = 600;
  let sent = 0;
  let most = 0;
  const before = process.memoryUsage().arrayBuffers;
  const stream = new ReadableStream({
    pull(controller) {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      if (sent === count) return controller.close();
      piece.fill(sent++);
      controller.enqueue(piece);
    },
  }, { highWaterMark: 0 });
  const source = await openSource(stream);
  assert.equal(source.byteCount, count * piece.length);
  assert.ok(most < 1.1 * source.byteCount, `${most} bytes`);
  const part = new Uint8Array(3_000_000);
  for (const at of [0, (1 << 20) - 1, 1 << 20, 7_654_321, source.byteCount - part.length]) {
    source.read(at, part);
    assert.ok(part.every((byte, i) => byte === Math.floor((at + i) / piece.length) % 256), `at ${at}`);
  }
  assert.throws(() => source.read(source.byteCount - 1, part), /3000000 bytes at 59999999 lie outside those from 0 to/);
});

test('what will not be read again goes, in blocks and at once, and cannot be read', async (t) => {
  const data = new Uint8Array(3 * (1 << 20) + 1000).map((_, i) => i >> 12);
  const source = await openSource(streamOf(data, 1 << 19));
  const gone = watchGone(t);
  const part = new Uint8Array(10);
  const reads = (at) => {
    source.read(at, part);
    assert.ok(part.every((byte, i) => byte === data[at + i]));
  };
  source.forget(0);
  source.forget((1 << 20) - 1);
  reads(0);
  assert.equal(gone.bytes, 0);
  source.forget(2 * (1 << 20) + 5);
  assert.equal(gone.bytes, 2 * (1 << 20));
  reads(2 * (1 << 20));
  reads(data.length - 10);
  for (const at of [0, (1 << 20) - 1, 2 * (1 << 20) - 1]) {
    throwsExactly(
      () => source.read(at, part), Error,
      `[ERROR_CODE: 1] 10 bytes at ${at} lie outside those from ${2 * (1 << 20)} to ${data.length}`);
  }
  source.close();
  source.close();
  assert.equal(gone.bytes, 4 * (1 << 20));
  assert.throws(() => source.read(data.length - 10, part), /lie outside those/);
});

test('where buffers cannot shrink, streams are read all the same', async (t) => {
  const { resize } = ArrayBuffer.prototype;
  delete ArrayBuffer.prototype.resize;
  const restored = { value: resize, configurable: true, writable: true };
  t.after(() => Object.defineProperty(ArrayBuffer.prototype, 'resize', restored));
  assert.deepEqual(await answer(streamOf(whole, 1 << 16)), await answer(whole));
});

test('bytes of the caller stay, whatever is said of them', () => {
  const data = Uint8Array.of(1, 2, 3);
  const source = bytesSource(data);
  source.forget(2);
  source.forget(Infinity);
  source.close();
  const part = new Uint8Array(3);
  source.read(0, part);
  assert.deepEqual([data, part], [Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 3)]);
});

test('a stream gives the session that its bytes give', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ort-'));
  after(() => rmSync(folder, { recursive: true }));
  const written = path.join(folder, 'written.onnx');
  const files = () => [{ path: 'weights.bin', data: streamOf(outsideBytes(), 70_000) }];
  const all = [
    {}, { graphOptimizationLevel: 'disabled' }, { graphOptimizationLevel: 'basic' }, { yieldEveryMs: 0.01 },
    { extra: { session: { overridable_initializers: '0' } } }, { intermediates: true }, { onProgress() {} },
    { intraOpNumThreads: 2 }, { optimizedModelFilePath: written },
  ];
  for (const options of all) {
    const expected = await answer(whole, options);
    assert.deepEqual(await answer(streamOf(whole, 99_991), options), expected, JSON.stringify(options));
    const split = streamOf(mixedModel('weights.bin'), 99_991);
    assert.deepEqual(await answer(split, { ...options, externalData: files() }), expected, JSON.stringify(options));
    if (options.optimizedModelFilePath) assert.deepEqual(await answer(new Blob([readFileSync(written)])), expected);
  }
  assert.equal(whole.length, mixedModel().length);
});

test('a stream goes while the session is made', async (t) => {
  const gone = watchGone(t);
  const steps = [];
  const onProgress = ({ phase, loaded }) => phase === 'load' && loaded < 1 && steps.push(gone.bytes);
  const session = await InferenceSession.create(streamOf(whole, 1 << 16), { onProgress, yieldEveryMs: 0.01 });
  await session.release();
  const size = Math.ceil(whole.length / (1 << 20)) * (1 << 20);
  assert.equal(gone.bytes, size);
  assert.ok(steps[0] === 0 && new Set(steps).size > 5, `${steps}`);
  assert.ok(steps.at(-1) >= size - 2 * (1 << 20), `${steps} of ${size}`);
});

test('a stream goes with a create that fails or is stopped', async (t) => {
  const size = Math.ceil(whole.length / (1 << 20)) * (1 << 20);
  const reason = new Error('enough');
  const controller = new AbortController();
  const onProgress = ({ phase, loaded }) => phase === 'load' && loaded > 0.3 && controller.abort(reason);
  const options = { onProgress, yieldEveryMs: 0.01, signal: controller.signal };
  const gone = watchGone(t);
  await assert.rejects(InferenceSession.create(streamOf(whole, 1 << 16), options), reason);
  assert.equal(gone.bytes, size);
  const broken = whole.slice();
  broken.fill(255, broken.length - 200);
  await assert.rejects(InferenceSession.create(streamOf(broken, 1 << 16)));
  assert.equal(gone.bytes, 2 * size);
  // A file of weights that nobody asks for goes, too.
  const externalData = [{ path: 'unused.bin', data: streamOf(outsideBytes(), 1 << 16) }];
  const session = await InferenceSession.create(whole, { externalData });
  assert.equal(gone.bytes, 2 * size + 2 * (1 << 20));
  await session.release();
});

test('a source of chunks gives what one of bytes gives', async () => {
  const data = Uint8Array.from({ length: 97 }, (_, i) => i);
  for (const piece of [1, 2, 10, 96, 97, 98]) {
    const source = await openSource(streamOf(data, piece));
    assert.equal(source.byteCount, 97);
    for (let from = 0; from <= 97; from++) {
      for (const length of [0, 1, 3, 97 - from]) {
        if (from + length > 97) continue;
        const target = new Uint8Array(length);
        source.read(from, target);
        assert.deepEqual(target, data.subarray(from, from + length));
      }
    }
    throwsExactly(
      () => source.read(95, new Uint8Array(3)), Error, '[ERROR_CODE: 1] 3 bytes at 95 lie outside those from 0 to 97');
  }
  bytesSource(new Uint8Array(0)).read(0, new Uint8Array(0));
});
