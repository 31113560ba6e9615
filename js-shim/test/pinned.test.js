// Outputs that stay in the session's memory, and are fed again from there.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import ort from '../dist/ort.node.min.mjs';
import { model, node, value } from './support/onnx.js';

const adding = model({
  nodes: [node('Add', ['state', 'step'], ['next']), node('Mul', ['next', 'next'], ['square'])],
  inputs: [value('state', 'float32', ['n']), value('step', 'float32', ['n'])],
  outputs: [value('next', 'float32', ['n']), value('square', 'float32', ['n'])],
});
const floats = (...data) => new ort.Tensor('float32', data);
const create = (options = {}) => ort.InferenceSession.create(adding, { preferredOutputLocation: 'cpu-pinned', ...options });

test('a pinned output is a view of the session’s memory, and holds through later runs', async () => {
  const session = await create();
  const { next, square } = await session.run({ state: floats(1, 2), step: floats(1, 1) });
  assert.ok(next instanceof ort.Tensor);
  assert.deepEqual([next.location, next.type, next.dims], ['cpu-pinned', 'float32', [2]]);
  assert.deepEqual([...next.data], [2, 3]);
  assert.ok(next.data.buffer.byteLength > 1e6, 'no buffer of its own');
  assert.equal(next.data.buffer, square.data.buffer);
  await session.run({ state: floats(100, 200), step: floats(1, 1) });
  assert.deepEqual([...next.data], [2, 3]);
  assert.deepEqual([...(await next.getData())], [2, 3]);
  await session.release();
});

test('it may be said for each output', async () => {
  const session = await create({ preferredOutputLocation: { next: 'cpu-pinned', square: 'cpu' } });
  const { next, square } = await session.run({ state: floats(1), step: floats(1) });
  assert.deepEqual([next.location, square.location], ['cpu-pinned', 'cpu']);
  await session.release();
});

test('fed back to its session it is not copied, run after run', async () => {
  const session = await create();
  let { next } = await session.run({ state: floats(0, 0), step: floats(1, 2) });
  const step = next;
  const set = mock.method(Uint8Array.prototype, 'set');
  for (let i = 0; i < 100; i++) {
    const before = next;
    ({ next } = await session.run({ state: before, step }));
    if (before !== step) before.dispose();
  }
  // Requests are blocks of some hundred bytes; no tensor is among what is copied.
  for (const { arguments: [source] } of set.mock.calls) assert.ok(source.length > 16);
  set.mock.restore();
  assert.deepEqual([...next.data], [101, 202]);
  await session.release();
});

test('another session takes a copy', async () => {
  const [one, other] = await Promise.all([create(), create()]);
  const { next } = await one.run({ state: floats(1), step: floats(2) });
  const result = await other.run({ state: next, step: next });
  assert.deepEqual([...result.next.data], [6]);
  await one.release();
  assert.deepEqual([...result.next.data], [6]);
  await other.release();
});

test('a run writes into a pinned tensor that is given', async () => {
  const session = await create();
  const { next } = await session.run({ state: floats(1), step: floats(2) });
  const result = await session.run({ state: floats(5), step: floats(5) }, { next });
  assert.equal(result.next, next);
  assert.deepEqual([...next.data], [10]);
  await session.release();
});

test('data is renewed when the memory grows', async () => {
  const session = await create();
  const { next } = await session.run({ state: floats(1), step: floats(2) });
  const before = next.data;
  assert.equal(next.data, before);
  const many = new ort.Tensor('float32', new Float32Array(4e6));
  await session.run({ state: many, step: many });
  assert.equal(before.length, 0);
  assert.deepEqual([...next.data], [3]);
  await session.release();
});

test('dispose gives the place back, also while runs wait', async () => {
  const session = await create();
  const feeds = () => ({ state: new ort.Tensor('float32', new Float32Array(1e5).fill(1)), step: new ort.Tensor('float32', new Float32Array(1e5)) });
  const first = await session.run(feeds());
  const pending = [session.run({ ...feeds(), state: first.next }, { yieldEveryMs: 1 }), session.run({ ...feeds(), state: first.next })];
  first.next.dispose();
  first.next.dispose();
  assert.equal(first.next.location, 'none');
  assert.throws(() => first.next.data, { message: 'The tensor is disposed.' });
  for (const { next } of await Promise.all(pending)) assert.deepEqual([next.data[0], next.data.at(-1)], [1, 1]);
  const bytes = () => first.square.data.buffer.byteLength;
  const drop = ({ next, square }) => (next.dispose(), square.dispose());
  for (let i = 0; i < 20; i++) drop(await session.run(feeds()));
  const settled = bytes();
  for (let i = 0; i < 200; i++) drop(await session.run(feeds()));
  assert.equal(bytes(), settled);
  await session.release();
});

test('release ends the pinned tensors of a session', async () => {
  const session = await create();
  const { next } = await session.run({ state: floats(1), step: floats(2) });
  await session.release();
  assert.equal(next.location, 'none');
  assert.throws(() => next.data, { message: 'The tensor is disposed.' });
  next.dispose();
});

test('threads and runSync pin too', async () => {
  const session = await create({ intraOpNumThreads: 2 });
  const { next } = session.runSync({ state: floats(1), step: floats(2) });
  assert.equal(next.location, 'cpu-pinned');
  assert.deepEqual([...next.data], [3]);
  await session.release();
});

test('under a proxy they become tensors of this thread, with one warning', async () => {
  const warn = mock.method(console, 'warn', () => {});
  ort.env.wasm.proxy = true;
  try {
    for (let i = 0; i < 2; i++) {
      const session = await create();
      const { next } = await session.run({ state: floats(1), step: floats(2) });
      assert.deepEqual([next.location, ...next.data], ['cpu', 3]);
      await session.release();
    }
    assert.equal(warn.mock.callCount(), 1);
  } finally {
    ort.env.wasm.proxy = false;
    warn.mock.restore();
  }
});
