// A program may load the library more than once: as a module and by `require`, or at two addresses. Copies of one
// version know each other's tensors, settings and backends.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import * as esm from '../dist/ort.node.min.mjs';
import { model, node, value } from './support/onnx.js';

const cjs = createRequire(import.meta.url)('../dist/ort.node.min.js');
const again = await import('../dist/ort.min.mjs?again');
const negate = model({
  nodes: [node('Neg', ['x'], ['y'])],
  inputs: [value('x', 'float32', ['n'])],
  outputs: [value('y', 'float32', ['n'])],
});

test('there is one env', () => {
  assert.equal(cjs.env, esm.env);
  assert.equal(again.env, esm.env);
  cjs.env.logLevel = 'error';
  assert.equal(esm.env.logLevel, 'error');
});

test('each knows the tensors of the others, and runs them', async () => {
  assert.notEqual(cjs.Tensor, esm.Tensor);
  const given = new cjs.Tensor('float32', [1, -2]);
  assert.ok(given instanceof esm.Tensor && given instanceof again.Tensor);
  const session = await esm.InferenceSession.create(negate);
  const { y } = await session.run({ x: given });
  assert.ok(y instanceof cjs.Tensor);
  const back = await (await cjs.InferenceSession.create(negate)).run({ x: y });
  assert.deepEqual([...back.y.data], [1, -2]);
  const filled = new cjs.Tensor('float32', [0, 0]);
  assert.equal((await session.run({ x: given }, { y: filled })).y, filled);
  assert.deepEqual([...filled.data], [-1, 2]);
});

test('a backend registered with one serves all', async () => {
  const handler = { inputNames: ['theirs'], outputNames: [] };
  const backend = { init: async () => {}, createInferenceSessionHandler: async () => handler };
  cjs.registerBackend('theirs', backend, -1);
  for (const ort of [esm, cjs, again]) {
    const session = await ort.InferenceSession.create(negate, { executionProviders: ['theirs'] });
    assert.deepEqual(session.inputNames, ['theirs']);
  }
});

test('a name of ours is taken, unless of higher priority', async () => {
  const backend = { init: async () => {}, createInferenceSessionHandler: async () => ({ inputNames: ['cpu'] }) };
  assert.throws(() => esm.registerBackend('cpu', backend, 10), {
    message: 'cannot register backend "cpu" using priority 10',
  });
  esm.registerBackend('cpu', backend, 9);
  const names = async () =>
    (await esm.InferenceSession.create(negate, { executionProviders: ['cpu'] })).inputNames;
  assert.deepEqual(await names(), ['x']);
  esm.registerBackend('cpu', backend, 11);
  assert.deepEqual(await names(), ['cpu']);
  assert.deepEqual((await cjs.InferenceSession.create(negate)).inputNames, ['cpu']);
});

/** Runs a module in a process of its own, where `address` is the bundle's. */
const runProgram = (text, file = 'ort.node.min.mjs') => {
  const address = new URL(`../dist/${file}`, import.meta.url).href;
  const program = `const address = ${JSON.stringify(address)};\n${text}`;
  execFileSync(process.execPath, ['--input-type=module', '-e', program], { stdio: 'pipe' });
};

const loading = `
    const settle = () => new Promise((resolve) => setTimeout(resolve, 20));
    await settle();
    const before = Reflect.ownKeys(globalThis);
    const resources = process.getActiveResourcesInfo().length;
    const { env } = await import(address).then((loaded) => loaded.env ? loaded : loaded.default);
    const added = Reflect.ownKeys(globalThis).filter((key) => !before.includes(key));
    if (added.length !== 1 || added[0] !== Symbol.for('apus@' + env.versions.apus)) throw added;
    if (Object.getOwnPropertyDescriptor(globalThis, added[0]).enumerable) throw 'enumerable';
    await settle();
    if (process.getActiveResourcesInfo().length > resources || Object.keys(env.wasm).length) throw 'started';
  `;

for (const file of ['ort.min.mjs', 'ort.node.min.mjs', 'ort.min.js']) {
  test(`loading ${file} leaves one symbol behind, which no enumeration shows, and starts nothing`, () =>
    runProgram(loading, file));
}

test('where the global object takes no properties a copy has an env of its own', () =>
  runProgram(`
    Object.preventExtensions(globalThis);
    const [one, other] = [await import(address), await import(address + '?other')];
    if (one.env === other.env || one.env.logLevel !== 'warning') throw 'shared';
  `));
