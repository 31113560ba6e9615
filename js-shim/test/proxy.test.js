// Sessions in a worker: the same results, errors and options as here, and this thread stays free.
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { initializer, model, node, value } from './support/onnx.js';
import { rejectsExactly } from './support/throws.js';

let copies = 0;
async function proxied(settings = {}) {
  const ort = await import(`../dist/ort.node.min.mjs?proxy${copies++}`);
  Object.assign(ort.env.wasm, { proxy: true, numThreads: 1 }, settings);
  return ort;
}
const ort = await proxied();
const floats = (data, dims) => new ort.Tensor('float32', Float32Array.from(data), dims);

const adding = model({
  nodes: [node('Add', ['a', 'b'], ['c'])],
  inputs: [value('a', 'float32', ['n']), value('b', 'float32', ['n'])],
  outputs: [value('c', 'float32', ['n'])],
});
/** Long enough to be stopped: some hundred steps of some milliseconds. */
const size = 256;
const long = model({
  nodes: Array.from({ length: 400 }, (_, i) => node('MatMul', [i === 0 ? 'x' : `v${i}`, 'x'], [i === 399 ? 'y' : `v${i + 1}`])),
  inputs: [value('x', 'float32', [size, size])],
  outputs: [value('y', 'float32', [size, size])],
});
const square = () => floats(new Float32Array(size * size), [size, size]);

const folder = mkdtempSync(path.join(tmpdir(), 'ort-'));
after(() => rmSync(folder, { recursive: true }));

test('a session of the worker is like one here', async () => {
  const session = await ort.InferenceSession.create(adding, { graphOptimizationLevel: 'basic' });
  assert.deepEqual(session.inputNames, ['a', 'b']);
  assert.deepEqual(session.outputMetadata, [{ name: 'c', isTensor: true, type: 'float32', shape: ['n'] }]);
  const { c } = await session.run({ a: floats([1, 2]), b: floats([3, 4]) });
  assert.equal(c.constructor, ort.Tensor);
  assert.deepEqual([...c.data], [4, 6]);
  await session.release();
  await session.release();
  await assert.rejects(session.run({ a: floats([1]), b: floats([1]) }), /has been released/);
});

test('the arrays of the caller stay, and only what a view shows crosses', async () => {
  const bytes = adding.slice();
  const session = await ort.InferenceSession.create(bytes);
  assert.equal(bytes.length, adding.length);
  const large = new Float32Array(1000).fill(5);
  const a = new ort.Tensor('float32', large.subarray(10, 12));
  const b = new ort.Tensor('float32', new Float32Array(new SharedArrayBuffer(8)).fill(1));
  const pending = session.run({ a, b });
  b.data.fill(100);
  assert.deepEqual([...(await pending).c.data], [6, 6]);
  assert.equal(large.length, 1000);
  await session.release();
});

test('arrays are given away where the caller says so', async () => {
  const session = await ort.InferenceSession.create(adding);
  const [a, b] = [floats([1]), floats([2])];
  const { c } = await session.run({ a, b }, { transfer: true });
  assert.deepEqual([...c.data], [3]);
  assert.equal(a.data.length, 0);
  await session.release();
});

test('given tensors are filled', async () => {
  const session = await ort.InferenceSession.create(adding);
  const given = floats([0, 0]);
  const { c } = await session.run({ a: floats([1, 2]), b: floats([3, 4]) }, { c: given });
  assert.equal(c, given);
  assert.deepEqual([...given.data], [4, 6]);
  await assert.rejects(session.run({ a: floats([1]), b: floats([3]) }, { c: given }), /output 'c': the tensor to fill/);
  await session.release();
});

test('strings, sequences and maps cross', async () => {
  const session = await ort.InferenceSession.create(
    model({
      nodes: [node('SequenceConstruct', ['s', 's'], ['q']), node('Identity', ['s'], ['t'])],
      inputs: [value('s', 'string', [2])],
      outputs: [value('t', 'string', [2])],
    }),
  );
  const { t } = await session.run({ s: new ort.Tensor('string', ['é', 'b']) });
  assert.deepEqual(t.data, ['é', 'b']);
  await session.release();
});

test('errors keep class, text and fields', async () => {
  await assert.rejects(ort.InferenceSession.create(Uint8Array.of(1, 2, 3)), (error) => {
    assert.equal(error.name, 'InvalidProtobuf');
    assert.equal(error.code, 7);
    assert.match(error.message, /^\[ERROR_CODE: 7\]/);
    return true;
  });
  await assert.rejects(ort.InferenceSession.create(path.join(folder, 'none.onnx')), { code: 3 });
  await rejectsExactly(
    ort.InferenceSession.create(adding, { graphOptimizationLevel: 'most' }),
    Error,
    'unsupported graph optimization level: most',
  );
  const session = await ort.InferenceSession.create(adding);
  await assert.rejects(session.run({ a: floats([1, 2]), b: floats([1, 2, 3]) }), { opType: 'Add', code: 2 });
  await session.release();
});

test('models are read there: by path, with files beside them', async () => {
  const external = model({
    nodes: [node('Add', ['a', 'w'], ['c'])],
    initializers: [initializer('w', 'float32', [2], undefined, 'w.bin')],
    inputs: [value('a', 'float32', [2])],
    outputs: [value('c', 'float32', [2])],
  });
  const weights = new Uint8Array(Float32Array.of(10, 20).buffer);
  writeFileSync(path.join(folder, 'm.onnx'), external);
  writeFileSync(path.join(folder, 'w.bin'), weights);
  const session = await ort.InferenceSession.create(path.join(folder, 'm.onnx'));
  assert.deepEqual([...(await session.run({ a: floats([1, 2]) })).c.data], [11, 22]);
  await session.release();
  const given = await ort.InferenceSession.create(external, { externalData: [{ path: 'w.bin', data: weights }] });
  assert.deepEqual([...(await given.run({ a: floats([1, 2]) })).c.data], [11, 22]);
  await given.release();
});

test('what arrives here as a stream goes on in blocks', async () => {
  const count = 700 * 1000;
  const weights = Float32Array.from({ length: count }, (_, i) => i);
  const made = (location) =>
    model({
      nodes: [node('Add', ['a', 'w'], ['c'])],
      initializers: [initializer('w', 'float32', [count], weights, location)],
      inputs: [value('a', 'float32', [1])],
      outputs: [value('c', 'float32', [count])],
    });
  const streamed = (bytes) => new Blob([bytes]).stream();
  const externalData = () => [{ path: 'w.bin', data: streamed(weights.buffer) }];
  const expected = weights.map((w) => w + 1);
  const events = [];
  const onProgress = (event) => event.phase === 'download' && events.push(event);
  for (const [given, options, loaded] of [
    [streamed(made()), { onProgress }, made().length],
    [new Response(streamed(made())), { transfer: true }],
    [made('w.bin'), { onProgress, externalData: externalData() }, 4 * count],
    [made('w.bin'), { transfer: true, externalData: externalData() }],
    [new Blob([made()]), { onProgress }, made().length],
  ]) {
    events.length = 0;
    const session = await ort.InferenceSession.create(given, options);
    // The page tells how it arrives, and the worker does not again.
    assert.ok(events.every((event, i) => i === 0 || event.loaded >= events[i - 1].loaded));
    assert.equal(events.at(-1)?.loaded, loaded);
    assert.deepEqual((await session.run({ a: floats([1]) })).c.data, expected);
    await session.release();
  }
  await assert.rejects(ort.InferenceSession.create(streamed(new Uint8Array(0))), { code: 7 });
});

test('this thread stays free while the worker computes', async () => {
  const session = await ort.InferenceSession.create(long);
  const x = square();
  let latest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    latest = Math.max(latest, performance.now() - last);
    last = performance.now();
  }, 2);
  const begun = performance.now();
  await session.run({ x });
  clearInterval(timer);
  assert.ok(performance.now() - begun > 100, 'the run is long enough to tell');
  assert.ok(latest < 50, `a timer was late by ${latest} ms`);
  await session.release();
});

test('a signal ends a run there, and the session goes on', async () => {
  const session = await ort.InferenceSession.create(long);
  const stop = new AbortController();
  const reason = new Error('enough');
  const pending = session.run({ x: square() }, { signal: stop.signal });
  await delay(20);
  const asked = performance.now();
  stop.abort(reason);
  await assert.rejects(pending, reason);
  const options = { terminate: false };
  const flagged = session.run({ x: square() }, options);
  assert.ok(performance.now() - asked < 100);
  await delay(20);
  options.terminate = true;
  await rejectsExactly(flagged, Error, 'Exiting due to terminate flag being set to true.');
  await session.run({ x: square() });
  await session.release();
});

test('overlapping calls keep their order', async () => {
  const sessions = await Promise.all(Array.from({ length: 3 }, () => ort.InferenceSession.create(adding)));
  const runs = Array.from({ length: 30 }, (_, i) => sessions[i % 3].run({ a: floats([i]), b: floats([1]) }));
  const released = sessions.map((session) => session.release());
  assert.deepEqual((await Promise.all(runs)).map(({ c }) => c.data[0]), Array.from({ length: 30 }, (_, i) => i + 1));
  await Promise.all(released);
});

test('settings that cannot be posted are no trouble', async () => {
  ort.env.webgpu.device = { queue: () => {} };
  ort.env.webgpu.profiling = { mode: 'default', ondata: () => {} };
  ort.env.wasm.wasmPaths = { wasm: new URL('../dist/ort-wasm-simd-threaded.wasm', import.meta.url) };
  const session = await ort.InferenceSession.create(adding);
  await session.release();
  ort.env.webgpu = {};
  ort.env.wasm.wasmPaths = undefined;
});

test('sessions here and there live side by side', async () => {
  const there = await ort.InferenceSession.create(adding);
  ort.env.wasm.proxy = false;
  const here = await ort.InferenceSession.create(adding);
  const feeds = { a: floats([1]), b: floats([2]) };
  const results = await Promise.all([there.run(feeds), here.run(feeds)]);
  assert.deepEqual(results.map(({ c }) => c.data[0]), [3, 3]);
  await Promise.all([there.release(), here.release()]);
  ort.env.wasm.proxy = true;
});

test('without its worker file there is an error that names it, and none once the file is there', async () => {
  const dist = fileURLToPath(new URL('../dist/', import.meta.url));
  for (const file of ['ort.node.min.mjs', 'ort-wasm-simd-threaded.wasm']) copyFileSync(dist + file, path.join(folder, file));
  const copy = await import(pathToFileURL(path.join(folder, 'ort.node.min.mjs')));
  copy.env.wasm.proxy = true;
  const failure = /^Error: env\.wasm\.proxy: The worker file file:.*\/ort-wasm-worker\.mjs could not be loaded: /;
  await assert.rejects(copy.InferenceSession.create(adding), failure);
  await assert.rejects(copy.Tensor.fromImage({ data: new Uint8Array(4), width: 1, height: 1 }), /ort-wasm-worker\.mjs could not/);
  copyFileSync(`${dist}ort-wasm-worker.mjs`, path.join(folder, 'ort-wasm-worker.mjs'));
  await (await copy.InferenceSession.create(adding)).release();
  assert.deepEqual((await copy.Tensor.fromImage({ data: new Uint8Array(4), width: 1, height: 1 })).dims, [1, 3, 1, 1]);
});

test('threads work inside of the worker', async () => {
  const threaded = await proxied({ numThreads: 2 });
  const session = await threaded.InferenceSession.create(long);
  const { y } = await session.run({ x: new threaded.Tensor('float32', new Float32Array(size * size), [size, size]) });
  assert.equal(y.data.length, size * size);
  await session.release();
});
