import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceSession } from '../src/inference-session.js';
import { Tensor } from '../src/tensor.js';
import { rejectsExactly } from './support/throws.js';

/** Answers what was asked for, so that the checks before it show. */
function session() {
  const handler = {
    inputNames: ['A', 'B'],
    outputNames: ['C', 'D'],
    async run(feeds, fetches, options) {
      handler.seen = { feeds, fetches, options };
      const made = { type: 'float32', data: Float32Array.of(1), dims: [1] };
      return Object.fromEntries(Object.entries(fetches).map(([name, given]) => [name, given ?? made]));
    },
    async dispose() {},
  };
  return new InferenceSession(handler);
}

const tensor = new Tensor('float32', [1]);
const feeds = { A: tensor, B: tensor };
const filled = new Tensor('float32', [0]);

const accepted = [
  { args: [feeds], fetches: { C: null, D: null } },
  { args: [feeds, {}], fetches: { C: null, D: null }, options: {} },
  { args: [feeds, { tag: 'x' }], fetches: { C: null, D: null }, options: { tag: 'x' } },
  { args: [feeds, { C: 5 }], fetches: { C: null, D: null }, options: { C: 5 } },
  { args: [feeds, { C: undefined }], fetches: { C: null, D: null }, options: { C: undefined } },
  { args: [feeds, { Z: null }], fetches: { C: null, D: null }, options: { Z: null } },
  { args: [feeds, ['D', 'C']], fetches: { D: null, C: null } },
  { args: [feeds, ['D', 'D']], fetches: { D: null } },
  { args: [feeds, ['C'], { tag: 'x' }], fetches: { C: null }, options: { tag: 'x' } },
  { args: [feeds, { D: null }], fetches: { D: null } },
  { args: [feeds, { D: null, Z: null }, { tag: 'x' }], fetches: { D: null }, options: { tag: 'x' } },
  { args: [feeds, { C: filled }], fetches: { C: filled } },
  { args: [feeds, undefined, { tag: 'x' }], fetches: { C: null, D: null }, options: { tag: 'x' } },
];

for (const { args, fetches, options } of accepted) {
  test(`run(feeds, ${args.slice(1).map(show).join(', ')})`, async () => {
    const running = session();
    const results = await running.run(...args);
    const { seen } = running.handler;
    assert.equal(seen.feeds, feeds);
    assert.deepEqual(seen.fetches, fetches);
    assert.deepEqual(seen.options, options ?? {});
    assert.deepEqual(Object.keys(results), Object.keys(fetches));
    for (const [name, result] of Object.entries(results)) {
      assert.ok(result instanceof Tensor);
      if (fetches[name]) assert.equal(result, fetches[name]);
    }
  });
}

const badFeeds = "'feeds' must be an object that use input names as keys and OnnxValue as corresponding values.";
const refused = [
  ...[undefined, null, 5, 'x', tensor, [tensor], () => {}].map((feeds) => ({
    args: [feeds],
    Kind: TypeError,
    message: badFeeds,
  })),
  { args: [feeds, null], Kind: TypeError, message: 'Unexpected argument[1]: cannot be null.' },
  { args: [feeds, tensor], Kind: TypeError, message: "'fetches' cannot be a Tensor" },
  { args: [feeds, []], Kind: TypeError, message: "'fetches' cannot be an empty array." },
  { args: [feeds, [1]], Kind: TypeError, message: "'fetches' must be a string array or an object." },
  { args: [feeds, ['C', 'Z']], Kind: RangeError, message: "'fetches' contains invalid output name: Z." },
  { args: [feeds, 'C'], Kind: TypeError, message: "Unexpected argument[1]: must be 'fetches' or 'options'." },
  { args: [feeds, 5], Kind: TypeError, message: "Unexpected argument[1]: must be 'fetches' or 'options'." },
  { args: [feeds, ['C'], null], Kind: TypeError, message: "'options' must be an object." },
  { args: [feeds, ['C'], 5], Kind: TypeError, message: "'options' must be an object." },
  { args: [feeds, { C: null }, 'x'], Kind: TypeError, message: "'options' must be an object." },
  { args: [{ A: tensor }], Kind: Error, message: "input 'B' is missing in 'feeds'." },
  { args: [new Map([['A', tensor]])], Kind: Error, message: "input 'A' is missing in 'feeds'." },
];

for (const { args, Kind, message } of refused) {
  test(`run(${args.map(show).join(', ')}) rejects`, () => rejectsExactly(session().run(...args), Kind, message));
}

test('inherited feeds count', async () => {
  await session().run(Object.create(feeds));
});

test('a tensor of another library is known by its looks', async () => {
  const foreign = { type: 'float32', location: 'cpu', dims: [1], data: Float32Array.of(1) };
  const running = session();
  await running.run(feeds, { C: foreign });
  assert.equal(running.handler.seen.fetches.C, foreign);
  assert.equal((await running.run(feeds, { C: foreign })).C, foreign);
  await rejectsExactly(session().run(foreign), TypeError, badFeeds);
});

test('sequences and maps pass as they are', async () => {
  const list = [tensor];
  const map = new Map([[1n, 2]]);
  const running = session();
  running.handler.run = async () => ({ C: list, D: map });
  const { C, D } = await running.run(feeds);
  assert.equal(C, list);
  assert.equal(D, map);
});

function show(value) {
  if (value instanceof Tensor) return 'Tensor';
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (value === feeds) return 'feeds';
  if (typeof value === 'object' && value !== null) {
    const name = value.constructor === Object ? '' : value.constructor.name;
    return `${name}{${Object.entries(value).map(([key, value]) => `${key}: ${show(value)}`).join(', ')}}`;
  }
  return typeof value === 'function' ? 'function' : JSON.stringify(value) ?? String(value);
}
