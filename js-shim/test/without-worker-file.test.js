// Where the worker file cannot be imported: what needs it says so once, and all else works.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { forgetCopies } from './support/copies.js';
import { model, node, value } from './support/onnx.js';
import { warnings } from './support/warnings.js';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'ort-'));
after(() => rmSync(folder, { recursive: true }));
const wasm = `${dist}ort-wasm-simd-threaded.wasm`;
for (const file of ['ort.node.min.mjs', 'ort-wasm-simd-threaded.wasm']) copyFileSync(dist + file, path.join(folder, file));

let copies = 0;
async function alone() {
  forgetCopies();
  const ort = await import(`${pathToFileURL(folder)}/ort.node.min.mjs?alone${copies++}`);
  ort.env.wasm.numThreads = 1;
  return ort;
}

const bytes = model({
  nodes: [node('Add', ['a', 'a'], ['b'])],
  inputs: [value('a', 'float32', ['n'])],
  outputs: [value('b', 'float32', ['n'])],
});
const missing = (what) =>
  new RegExp(`^the worker file is needed for ${what}: The worker file file:.*/ort-wasm-worker.mjs could not be loaded: `);

/** Runs as any session does; the outputs. */
async function runs(ort, session) {
  const results = await session.run({ a: new ort.Tensor('float32', [1, 2]) });
  assert.deepEqual([...results.b.data], [2, 4]);
  assert.equal(results.b.location, 'cpu');
  return results;
}

const lesser = [
  { what: 'onProgress', options: (told) => ({ onProgress: (event) => told.push(event) }) },
  { what: 'preferredOutputLocation', options: () => ({ preferredOutputLocation: 'cpu-pinned' }) },
  { what: 'preferredOutputLocation', options: () => ({ preferredOutputLocation: { b: 'cpu-pinned' } }) },
  {
    what: 'onProgress, preferredOutputLocation',
    options: (told) => ({ onProgress: (event) => told.push(event), preferredOutputLocation: 'cpu-pinned' }),
  },
];

for (const { what, options } of lesser) {
  test(`${what}: one warning, and the sessions are made without`, async () => {
    const ort = await alone();
    const told = [];
    const warned = await warnings(async () => {
      for (let i = 0; i < 2; i++) {
        const session = await ort.InferenceSession.create(bytes, options(told));
        // Fed again as it would be if it were pinned.
        const { b } = await runs(ort, session);
        assert.deepEqual([...(await session.run({ a: b })).b.data], [4, 8]);
        await session.release();
      }
      await runs(ort, ort.InferenceSession.createSync(bytes, options(told)));
    });
    assert.deepEqual(told, []);
    // The call that does not wait finds the file missing in its own way.
    assert.equal(warned.length, 2, warned.join('\n'));
    assert.match(warned[0], missing(what));
    assert.match(warned[1], new RegExp(`^the worker file is needed for ${what}: Cannot find module`));
  });
}

test('optimizedModelFilePath: an error, nothing is written, and other sessions are made', async () => {
  const ort = await alone();
  const target = path.join(folder, 'optimized.onnx');
  const warned = await warnings(async () => {
    const options = { optimizedModelFilePath: target, onProgress() {} };
    await assert.rejects(ort.InferenceSession.create(bytes, options), { message: missing('optimizedModelFilePath, onProgress') });
    assert.throws(() => ort.InferenceSession.createSync(bytes, options), /^Error: the worker file is needed for optimizedM/);
    const session = await ort.InferenceSession.create(bytes);
    await runs(ort, session);
    assert.equal(session.optimizedModel, undefined);
  });
  assert.deepEqual(warned, []);
  assert.ok(!existsSync(target));
});

test('remarks on settings: one warning names them, and sessions are made', async () => {
  const ort = await alone();
  Object.assign(ort.env.wasm, { simd: 'wide', wasmModule: new WebAssembly.Module(readFileSync(wasm)), numThreads: 2 });
  const warned = await warnings(async () => {
    for (let i = 0; i < 2; i++) await runs(ort, await ort.InferenceSession.create(bytes));
  });
  assert.equal(warned.length, 1, warned.join('\n'));
  assert.match(warned[0], missing('remarks on env.wasm.numThreads, remarks on env.wasm.simd'));
  assert.deepEqual([ort.env.wasm.simd, ort.env.wasm.numThreads], [false, 1]);
});

test('under a prefix in wasmPaths it is looked for too, and both places are told', async () => {
  const ort = await alone();
  ort.env.wasm.wasmPaths = { wasm: `${pathToFileURL(folder)}/ort-wasm-simd-threaded.wasm` };
  await runs(ort, await ort.InferenceSession.create(bytes));
  ort.env.wasm.wasmPaths = `${pathToFileURL(folder)}/elsewhere/`;
  const warned = await warnings(async () =>
    runs(ort, await ort.InferenceSession.create(bytes, { onProgress() {} })));
  assert.equal(warned.length, 1);
  assert.match(warned[0], missing('onProgress'));
  assert.match(warned[0], /\. The worker file file:.*\/elsewhere\/ort-wasm-worker\.mjs could not be loaded: /);
});
