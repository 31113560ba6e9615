// What each node takes: from the beginning, or from a moment on.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { InferenceSession, Tensor } from '../dist/ort.node.min.mjs';
import { model, node, value } from './support/onnx.js';

const bytes = model({
  nodes: [node('Sin', ['x'], ['a']), node('Cos', ['a'], ['b']), node('Exp', ['b'], ['y'])],
  inputs: [value('x', 'float32', ['n'])],
  outputs: [value('y', 'float32', ['n'])],
});
const feeds = { x: new Tensor('float32', new Float32Array(100_000)) };
const run = async (session, times, options) => {
  for (let i = 0; i < times; i++) await session.run(feeds, options);
};
/** Each operator with its runs; some took time that the clock could see. */
const summary = (profile) => {
  for (const { milliseconds } of profile) assert.ok(milliseconds >= 0 && milliseconds < 60_000);
  assert.ok(profile.length === 0 || profile.some(({ milliseconds }) => milliseconds > 0));
  return profile.map(({ opType, runs }) => `${opType} ${runs}`);
};
const three = (runs) => [`Sin ${runs}`, `Cos ${runs}`, `Exp ${runs}`];
const level = { graphOptimizationLevel: 'disabled' };

test('startProfiling measures from then on, endProfiling ends it', async () => {
  const session = await InferenceSession.create(bytes, level);
  await run(session, 2);
  assert.deepEqual(session.endProfiling(), []);
  assert.equal(session.startProfiling(), undefined);
  await run(session, 3);
  assert.deepEqual(summary(session.endProfiling()), three(3));
  await run(session, 1);
  assert.deepEqual(session.endProfiling(), []);
  session.startProfiling();
  await run(session, 1);
  session.startProfiling();
  await run(session, 2);
  assert.deepEqual(summary(session.endProfiling()), three(2), 'what was before the last start is dropped');
});

test('enableProfiling measures from the first run on', async () => {
  const session = await InferenceSession.create(bytes, { ...level, enableProfiling: true });
  await run(session, 2);
  assert.deepEqual(summary(session.endProfiling()), three(2));
  await run(session, 1);
  assert.deepEqual(session.endProfiling(), []);
  const again = await InferenceSession.create(bytes, { ...level, enableProfiling: true });
  await run(again, 2);
  again.startProfiling();
  await run(again, 1);
  assert.deepEqual(summary(again.endProfiling()), three(1));
});

test('it may begin and end in the middle of a run', async () => {
  const session = await InferenceSession.create(bytes, level);
  const running = session.run(feeds, { yieldEveryMs: 1e-6 });
  session.startProfiling();
  await running;
  const seen = summary(session.endProfiling());
  assert.ok(seen.length > 0 && seen.length < 4, `${seen}`);
  const other = session.run(feeds, { yieldEveryMs: 1e-6 });
  session.endProfiling();
  await other;
  assert.deepEqual(session.endProfiling(), []);
});

test('the profile of a session in a worker', async () => {
  const ort = await import('../dist/ort.node.min.mjs?profile');
  Object.assign(ort.env.wasm, { proxy: true, numThreads: 1 });
  after(() => Object.assign(ort.env.wasm, { proxy: false }));
  const session = await ort.InferenceSession.create(bytes, level);
  await run(session, 1);
  assert.equal(session.startProfiling(), undefined);
  await run(session, 2);
  assert.deepEqual(summary(await session.endProfiling()), three(2));
  await session.release();
});

test('a session that was released has no profile', async () => {
  const session = await InferenceSession.create(bytes, level);
  await session.release();
  assert.throws(() => session.startProfiling(), /the session has been released/);
  assert.throws(() => session.endProfiling(), /the session has been released/);
});
