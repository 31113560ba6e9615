import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import * as ort from '../dist/ort.node.min.mjs';
import { initializer, model, node, value } from './support/onnx.js';
import { rejectsExactly } from './support/throws.js';

const { InferenceSession, Tensor } = ort;
const folder = mkdtempSync(path.join(tmpdir(), 'ort-'));
after(() => rmSync(folder, { recursive: true }));

const add = model({
  nodes: [node('Add', ['A', 'B'], ['C'], {}, 'add'), node('Mul', ['A', 'B'], ['D'], {}, 'mul')],
  inputs: [value('A', 'float32', ['n', 2]), value('B', 'float32', ['n', 2])],
  outputs: [value('C', 'float32', ['n', 2]), value('D', 'float32', ['n', 2])],
});
const f32 = (data, dims = [data.length / 2, 2]) => new Tensor('float32', data, dims);
const feeds = () => ({ A: f32([1, 2, 3, 4]), B: f32([5, 6, 7, 8]) });
const sum = [6, 8, 10, 12];
const product = [5, 12, 21, 32];

/** A model that changes only the shape: [n, 2] to [2, n]. */
const moving = (type) =>
  model({
    nodes: [node('Reshape', ['x', 'shape'], ['y'], {}, 'move')],
    initializers: [initializer('shape', 'int64', [2], BigInt64Array.of(2n, -1n))],
    inputs: [value('x', type, ['n', 2])],
    outputs: [value('y', type, [2, 'n'])],
  });

/** So many nodes one after the other, each long enough to be seen by a clock. */
const slow = (length) =>
  model({
    nodes: Array.from({ length }, (_, i) =>
      node('Sin', [i === 0 ? 'x' : `v${i}`], [i === length - 1 ? 'y' : `v${i + 1}`], {}, `sin${i}`),
    ),
    inputs: [value('x', 'float64', ['n'])],
    outputs: [value('y', 'float64', ['n'])],
  });
const slowFeeds = (first) => ({ x: new Tensor('float64', new Float64Array(200_000).fill(first)) });
const sines = (x, times) => (times === 0 ? x : sines(Math.sin(x), times - 1));

test('a session runs', async () => {
  const session = await InferenceSession.create(add);
  const { C, D } = await session.run(feeds());
  assert.deepEqual([[...C.data], [...D.data]], [sum, product]);
  assert.ok(C instanceof Tensor);
  assert.deepEqual([C.type, C.dims, C.location, C.size], ['float32', [2, 2], 'cpu', 4]);
  assert.deepEqual([C.data.byteOffset, C.data.buffer.byteLength], [0, 16]);
});

test('models come as bytes, parts of bytes, buffers, paths and file addresses', async () => {
  const file = path.join(folder, 'add.onnx');
  writeFileSync(file, add);
  const padded = new Uint8Array(add.length + 20);
  padded.set(add, 7);
  const shared = new SharedArrayBuffer(add.length);
  new Uint8Array(shared).set(add);
  const forms = [
    [add],
    [Buffer.from(add)],
    [padded.subarray(7, 7 + add.length)],
    [add.buffer],
    [shared],
    [padded.buffer, 7, add.length],
    [padded.buffer, 7, add.length, { graphOptimizationLevel: 'disabled' }],
    [file],
    [`file://${file}`],
  ];
  for (const form of forms) {
    const session = await InferenceSession.create(...form);
    assert.deepEqual([...(await session.run(feeds())).C.data], sum);
    await session.release();
  }
});

test('the bytes of a model are left alone', async () => {
  const bytes = Uint8Array.from(add);
  await InferenceSession.create(bytes);
  assert.deepEqual(bytes, add);
});

test('names and metadata', async () => {
  const session = await InferenceSession.create(
    model({
      nodes: [node('Add', ['a', 'b'], ['c'])],
      inputs: [value('a', 'float16', ['batch', 3, '']), value('b', 'float16', [])],
      outputs: [value('c', 'float16')],
    }),
  );
  assert.deepEqual(session.inputNames, ['a', 'b']);
  assert.deepEqual(session.outputNames, ['c']);
  assert.equal(session.inputNames, session.inputNames);
  assert.deepEqual(session.inputMetadata, [
    { name: 'a', isTensor: true, type: 'float16', shape: ['batch', 3, ''] },
    { name: 'b', isTensor: true, type: 'float16', shape: [] },
  ]);
  assert.deepEqual(session.outputMetadata, [{ name: 'c', isTensor: true, type: 'float16', shape: [], unranked: true }]);
  await session.release();
  assert.deepEqual(session.inputNames, ['a', 'b']);
});

test('freeDimensionOverrides show in the metadata and are held to', async () => {
  const session = await InferenceSession.create(add, { freeDimensionOverrides: { n: 3 } });
  assert.deepEqual(session.inputMetadata[0].shape, [3, 2]);
  assert.deepEqual(session.outputMetadata[0].shape, [3, 2]);
  await assert.rejects(session.run(feeds()), {
    code: 2,
    message: /input 'A' must be float32 \[3, 2\], got float32 \[2, 2\]/,
  });
});

test('initialisers that are inputs too may be fed, from IR version 4 on or where it is asked for', async () => {
  const bytes = (irVersion) =>
    model({
      nodes: [node('Add', ['A', 'B'], ['C'])],
      initializers: [initializer('B', 'float32', [1], Float32Array.of(10))],
      inputs: [value('A', 'float32', ['n']), value('B', 'float32', [1])],
      outputs: [value('C', 'float32', ['n'])],
      irVersion,
    });
  const A = new Tensor('float32', [1, 2], [2]);
  const B = new Tensor('float32', [20], [1]);
  const feedable = { extra: { session: { overridable_initializers: true } } };
  for (const [version, options] of [[8], [3, feedable]]) {
    const session = await InferenceSession.create(bytes(version), options);
    assert.deepEqual(session.inputNames, ['A']);
    assert.deepEqual([...(await session.run({ A })).C.data], [11, 12]);
    assert.deepEqual([...(await session.run({ A, B })).C.data], [21, 22]);
    await assert.rejects(session.run({ A, B: A }), /input 'B' must be float32 \[1\], got float32 \[2\]/);
  }
  const constant = { extra: { session: { overridable_initializers: '0' } } };
  for (const [version, options] of [[3], [8, constant]]) {
    const session = await InferenceSession.create(bytes(version), options);
    assert.deepEqual([...(await session.run({ A })).C.data], [11, 12]);
    await rejectsExactly(
      session.run({ A, B }),
      Error,
      "invalid input 'B': it is constant here, the session option extra.session.overridable_initializers lets it be fed",
    );
    await rejectsExactly(session.run({ A, X: B }), Error, "invalid input 'X'");
  }
});

test('fetches choose, and order, the outputs', async () => {
  const session = await InferenceSession.create(add);
  assert.deepEqual(Object.keys(await session.run(feeds(), ['D', 'C'])), ['D', 'C']);
  assert.deepEqual(Object.keys(await session.run(feeds(), ['D'])), ['D']);
  assert.deepEqual(Object.keys(await session.run(feeds(), { C: null })), ['C']);
  assert.deepEqual(Object.keys(await session.run(feeds(), {})), ['C', 'D']);
});

test('a tensor given for an output is filled and returned', async () => {
  const session = await InferenceSession.create(add);
  const pool = new Float32Array(8).fill(-1);
  const given = f32(pool.subarray(2, 6));
  const { C } = await session.run(feeds(), { C: given });
  assert.equal(C, given);
  assert.deepEqual([...pool], [-1, -1, ...sum, -1, -1]);
});

for (const [given, got] of [
  [new Tensor('float32', new Float32Array(4), [4]), 'float32 [4]'],
  [new Tensor('int32', new Int32Array(4), [2, 2]), 'int32 [2, 2]'],
]) {
  test(`a tensor of ${got} given for a float32 [2, 2] is an error`, async () => {
    const session = await InferenceSession.create(add);
    await assert.rejects(session.run(feeds(), { C: given }), {
      code: 2,
      message: `[ERROR_CODE: 2] output 'C': the tensor to fill is ${got}, the model returned float32 [2, 2]`,
    });
    assert.deepEqual([...(await session.run(feeds())).C.data], sum);
  });
}

const values = {
  float32: Float32Array.of(-0, NaN, Infinity, 1e-40),
  uint8: Uint8Array.of(0, 1, 254, 255),
  int8: Int8Array.of(-128, -1, 0, 127),
  uint16: Uint16Array.of(0, 1, 2, 65535),
  int16: Int16Array.of(-32768, -1, 0, 32767),
  int32: Int32Array.of(-(2 ** 31), -1, 0, 2 ** 31 - 1),
  int64: BigInt64Array.of(-(2n ** 63n), -1n, 0n, 2n ** 63n - 1n),
  bool: Uint8Array.of(0, 1, 1, 0),
  float16: Uint16Array.of(0x8000, 0x3c00, 0x7c00, 1),
  bfloat16: Uint16Array.of(0x8000, 0x3f80, 0x7f80, 1),
  float64: Float64Array.of(-0, NaN, -Infinity, 5e-324),
  uint32: Uint32Array.of(0, 1, 2, 2 ** 32 - 1),
  uint64: BigUint64Array.of(0n, 1n, 2n, 2n ** 64n - 1n),
};

for (const [type, data] of Object.entries(values)) {
  test(`${type} passes bit by bit`, async () => {
    const session = await InferenceSession.create(moving(type));
    const given = new Tensor(type, data, [2, 2]);
    const { y } = await session.run({ x: given });
    assert.deepEqual([y.type, y.dims], [type, [2, 2]]);
    assert.equal(y.data.constructor, given.data.constructor);
    const bytes = ({ buffer, byteOffset, byteLength }) => [...new Uint8Array(buffer, byteOffset, byteLength)];
    assert.deepEqual(bytes(y.data), bytes(data));
  });
}

test('strings pass with all they hold', async () => {
  const session = await InferenceSession.create(moving('string'));
  const { y } = await session.run({ x: new Tensor('string', ['', 'a\0b', 'ÿ😀', 'x\ud800'], [2, 2]) });
  assert.deepEqual([y.type, y.data], ['string', ['', 'a\0b', 'ÿ😀', 'x\ufffd']]);
  await assert.rejects(session.run({ x: new Tensor('string', ['a', 1], [1, 2]) }), {
    name: 'TypeError',
    message: 'tensor data at index 1 is not a string',
  });
});

test('tensors without elements pass', async () => {
  const session = await InferenceSession.create(add);
  const { C } = await session.run({ A: f32([], [0, 2]), B: f32([], [0, 2]) });
  assert.deepEqual([C.dims, C.data.length], [[0, 2], 0]);
});

test('dims that changed after construction count', async () => {
  const session = await InferenceSession.create(add);
  const A = f32([1, 2, 3, 4], [4]);
  A.dims = [2, 2];
  assert.deepEqual([...(await session.run({ ...feeds(), A })).C.data], sum);
  A.dims = [50, 2];
  await assert.rejects(session.run({ A, B: A }), {
    code: 2,
    message: "[ERROR_CODE: 2] input 'A': dims [50, 2] need 400 bytes, the data has 16",
  });
});

const plain = { type: 'float32', dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) };
const disposed = f32([1, 2]);
disposed.dispose();
const wrongFeeds = [
  { A: { ...plain, location: 'cpu' }, ok: true },
  { A: { ...plain, location: 'cpu-pinned' }, ok: true },
  { A: Tensor.fromPinnedBuffer('float32', Float32Array.of(1, 2, 3, 4), [2, 2]), ok: true },
  { A: plain, message: 'invalid data location: undefined for input "A"' },
  { A: Float32Array.of(1), message: 'invalid data location: undefined for input "A"' },
  { A: disposed, message: 'invalid data location: none for input "A"' },
  { A: Tensor.fromGpuBuffer({}, { dims: [2, 2] }), message: 'invalid data location: gpu-buffer for input "A"' },
  { A: null, message: "input 'A' must be a tensor, got nothing" },
  {
    A: new Tensor('int64', [1, 2, 3, 4], [2, 2]),
    message: "[ERROR_CODE: 2] input 'A' must be float32 [n, 2], got int64 [2, 2]",
  },
  { A: f32([1, 2, 3, 4], [4]), message: "[ERROR_CODE: 2] input 'A' must be float32 [n, 2], got float32 [4]" },
  { A: f32([1, 2, 3, 4], [4, 1]), message: "[ERROR_CODE: 2] input 'A' must be float32 [n, 2], got float32 [4, 1]" },
  {
    A: { ...plain, location: 'cpu', data: [1, 2, 3, 4] },
    message: "input 'A': the data of a float32 tensor must be Float32Array, got Array",
  },
];

for (const { A, ok, message } of wrongFeeds) {
  test(`a feed ${ok ? 'passes' : `is refused: ${message}`}`, async () => {
    const session = await InferenceSession.create(add);
    const running = session.run({ ...feeds(), A });
    if (ok) assert.deepEqual([...(await running).C.data], sum);
    else await assert.rejects(running, { message });
    assert.deepEqual([...(await session.run(feeds())).C.data], sum);
  });
}

test('all wrong inputs are named at once, and unknown ones are refused', async () => {
  const session = await InferenceSession.create(add);
  await assert.rejects(session.run({ A: new Tensor('bool', [true]), B: f32([1], [1]) }), {
    message:
      "[ERROR_CODE: 2] input 'A' must be float32 [n, 2], got bool [1]; " +
      "input 'B' must be float32 [n, 2], got float32 [1]",
  });
  await assert.rejects(session.run({ ...feeds(), Z: undefined }), { message: "invalid input 'Z'" });
});

test('one element may be fed for a scalar', async () => {
  const session = await InferenceSession.create(
    model({
      nodes: [node('Neg', ['x'], ['y'])],
      inputs: [value('x', 'float32', [])],
      outputs: [value('y', 'float32', [])],
    }),
  );
  assert.deepEqual([...(await session.run({ x: f32([3], [1]) })).y.data], [-3]);
  assert.deepEqual((await session.run({ x: f32([3], []) })).y.dims, []);
});

test('an operator that is missing is named, with all there is to know', async () => {
  const bytes = model({
    nodes: [node('Frobnicate', ['x'], ['y'], {}, 'middle')],
    inputs: [value('x', 'float32', [1])],
    outputs: [value('y', 'float32', [1])],
  });
  await assert.rejects(InferenceSession.create(bytes), (error) => {
    assert.ok(error instanceof Error);
    assert.match(error.message, /^\[ERROR_CODE: 9\] node 'middle' \(Frobnicate\): /);
    const { name, code, node, opType, opset } = error;
    assert.deepEqual({ name, code, node, opType, opset }, {
      name: 'NotImplemented',
      code: 9,
      node: 'middle',
      opType: 'Frobnicate',
      opset: 17,
    });
    return true;
  });
});

test('an error in a run names its node and shapes, and the session goes on', async () => {
  const session = await InferenceSession.create(
    model({
      nodes: [node('Add', ['x', 'y'], ['z'], {}, 'sum')],
      inputs: [value('x', 'float32', ['n']), value('y', 'float32', ['m'])],
      outputs: [value('z', 'float32')],
    }),
  );
  const run = (n, m) => session.run({ x: f32(new Float32Array(n), [n]), y: f32(new Float32Array(m), [m]) });
  await assert.rejects(run(2, 3), (error) => {
    assert.match(error.message, /^\[ERROR_CODE: \d+\] node 'sum' \(Add\): .*\[2\].*\[3\]/);
    assert.deepEqual([error.node, error.opType, error.shapes], ['sum', 'Add', [[2], [3]]]);
    return true;
  });
  assert.deepEqual((await run(3, 3)).z.dims, [3]);
});

test('files that are no model are errors', async () => {
  const noise = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) >> 3);
  for (const bytes of [new Uint8Array(0), new Uint8Array(10), noise, Buffer.from('<!DOCTYPE html><html></html>')]) {
    await assert.rejects(InferenceSession.create(bytes), (error) => {
      assert.ok(error instanceof Error);
      assert.match(error.message, /^\[ERROR_CODE: \d+\] ./);
      assert.notEqual(error.code, 6, error.message);
      return true;
    });
  }
});

test('a model cut anywhere is an error or a smaller model, never a trap', async () => {
  for (let length = 0; length < add.length; length++) {
    const session = await InferenceSession.create(add.subarray(0, length)).catch((error) => {
      assert.match(error.message, /^\[ERROR_CODE: (?!6\])\d+\] ./);
    });
    await session?.release();
  }
});

test('a file that is not there is named', async () => {
  await assert.rejects(InferenceSession.create(path.join(folder, 'nothing.onnx')), (error) => {
    assert.equal(error.message, `[ERROR_CODE: 3] Load model from ${folder}/nothing.onnx failed: no such file`);
    assert.equal(error.code, 3);
    assert.equal(error.cause.code, 'ENOENT');
    return true;
  });
  await assert.rejects(InferenceSession.create(folder), { code: 1, message: /failed: not a file$/ });
});

test('weights in another file are found beside the model, or in externalData', async () => {
  const weight = Float32Array.of(10, 20);
  const bytes = model({
    nodes: [node('Add', ['x', 'W'], ['y'])],
    initializers: [initializer('W', 'float32', [2], undefined, 'weights.bin')],
    inputs: [value('x', 'float32', [2])],
    outputs: [value('y', 'float32', [2])],
  });
  const file = path.join(folder, 'external.onnx');
  writeFileSync(file, bytes);
  writeFileSync(path.join(folder, 'weights.bin'), weight);
  const raw = new Uint8Array(weight.buffer);
  const forms = [
    [file],
    [bytes, { externalData: [{ path: 'weights.bin', data: raw }] }],
    [bytes, { externalData: [{ path: './weights.bin', data: raw.buffer }] }],
    [bytes, { externalData: [{ path: 'weights.bin', data: new Blob([raw]) }] }],
    [bytes, { externalData: [{ path: 'weights.bin', data: path.join(folder, 'weights.bin') }] }],
  ];
  for (const form of forms) {
    const session = await InferenceSession.create(...form);
    assert.deepEqual([...(await session.run({ x: f32([1, 2], [2]) })).y.data], [11, 22]);
  }
  await assert.rejects(InferenceSession.create(bytes), {
    code: 3,
    message: "[ERROR_CODE: 3] external data 'weights.bin' could not be opened: it is not among the files given",
  });
  await assert.rejects(InferenceSession.create(bytes, { externalData: 5 }), {
    name: 'TypeError',
    message: 'options.externalData is not iterable',
  });
  const short = [{ path: 'weights.bin', data: raw.subarray(4) }];
  await assert.rejects(InferenceSession.create(bytes, { externalData: short }), { message: /^\[ERROR_CODE: \d+\] / });
});

test('sessions made at once are all right', async () => {
  const sessions = await Promise.all(Array.from({ length: 20 }, () => InferenceSession.create(add)));
  const results = await Promise.all(sessions.map((session, i) => session.run({ ...feeds(), A: f32([i, 0, 0, 0]) })));
  results.forEach(({ C }, i) => assert.deepEqual([...C.data], [i + 5, 6, 7, 8]));
});

test('runs that overlap are done in turn, with the inputs as they were', async () => {
  const session = await InferenceSession.create(slow(4));
  const order = [];
  const x = slowFeeds(0).x;
  const running = [1, 2, 3, 4].map((first) => {
    x.data.fill(first);
    return session.run({ x }, { yieldEveryMs: 1 }).then(({ y }) => {
      order.push(first);
      assert.ok(Math.abs(y.data[199_999] - sines(first, 4)) < 1e-12);
    });
  });
  x.data.fill(9);
  await Promise.all(running);
  assert.deepEqual(order, [1, 2, 3, 4]);
});

test('a run that yields lets timers fire', async () => {
  const session = await InferenceSession.create(slow(20));
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  await session.run(slowFeeds(1), { yieldEveryMs: 1 });
  clearInterval(timer);
  assert.ok(ticks > 3, `${ticks} ticks`);
});

test('a run can be aborted, and the session goes on', async () => {
  const session = await InferenceSession.create(slow(150));
  const reason = new Error('enough');
  await assert.rejects(session.run(slowFeeds(1), { signal: AbortSignal.abort(reason) }), reason);
  const controller = new AbortController();
  const running = session.run(slowFeeds(1), { signal: controller.signal });
  setTimeout(() => controller.abort(reason), 5);
  await assert.rejects(running, reason);
  await assert.rejects(session.run(slowFeeds(1), { terminate: true }), {
    message: 'Exiting due to terminate flag being set to true.',
  });
  const options = { terminate: false };
  const stopped = session.run(slowFeeds(1), options);
  options.terminate = true;
  await assert.rejects(stopped, { message: 'Exiting due to terminate flag being set to true.' });
  const { y } = await session.run(slowFeeds(1));
  assert.ok(Math.abs(y.data[0] - sines(1, 150)) < 1e-12);
});

test('release waits for runs, may be repeated, and is final', async () => {
  const session = await InferenceSession.create(slow(4));
  const first = session.run(slowFeeds(1), { yieldEveryMs: 1 });
  const second = session.run(slowFeeds(2));
  const released = session.release();
  await assert.rejects(session.run(slowFeeds(3)), { message: 'cannot run inference: the session has been released.' });
  await released;
  assert.ok(Math.abs((await first).y.data[0] - sines(1, 4)) < 1e-12);
  assert.ok(Math.abs((await second).y.data[0] - sines(2, 4)) < 1e-12);
  assert.equal(await session.release(), undefined);
});

test('an output may be fed to the next run', async () => {
  const session = await InferenceSession.create(add);
  let A = f32([0, 0, 0, 0]);
  for (let i = 0; i < 5; i++) A = (await session.run({ A, B: f32([1, 2, 3, 4]) }, ['C'])).C;
  assert.deepEqual([...A.data], [5, 10, 15, 20]);
});

test('time per node is gathered on request', async () => {
  const session = await InferenceSession.create(add, { enableProfiling: true });
  await session.run(feeds());
  await session.run(feeds());
  const profile = session.endProfiling();
  assert.deepEqual(profile.map(({ name, opType, runs }) => ({ name, opType, runs })), [
    { name: 'add', opType: 'Add', runs: 2 },
    { name: 'mul', opType: 'Mul', runs: 2 },
  ]);
  assert.ok(profile.every(({ milliseconds }) => milliseconds >= 0 && milliseconds < 1000));
});

test('options stay as they were', async () => {
  const options = Object.freeze({ executionProviders: Object.freeze(['wasm']), extra: Object.freeze({ a: '1' }) });
  const session = await InferenceSession.create(add, options);
  await session.run(feeds(), Object.freeze({ tag: 'x' }));
});

test('the flags of env.wasm tell the truth after the first session', () => {
  assert.equal(ort.env.wasm.numThreads, 1);
  assert.equal(ort.env.wasm.proxy, false);
});

test('the default export has what the names have', () => {
  const { default: all, ...names } = ort;
  assert.deepEqual({ ...all }, names);
});
