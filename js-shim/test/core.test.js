import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Core } from '../src/core.js';
import { bytesSource } from '../src/source.js';
import { initializer, model, node, value } from './support/onnx.js';
import { trappingModule } from './support/tiny-module.js';

const feed = (data) => [{ index: 0, name: 'A', value: { kind: 'tensor', type: 1, dims: [data.length], data } }];
const fetch = [{ index: 0, name: 'C' }];
const none = () => {
  throw new Error('no external data here');
};

const ours = await WebAssembly.compile(readFileSync(new URL('../dist/ort-wasm-simd-threaded.wasm', import.meta.url)));
const [, initial, maximum] = new Uint32Array(WebAssembly.Module.customSections(ours, 'apus')[0].slice(0));

function load(bytes, options = [], memory = { initial, maximum }) {
  const core = new Core({ module: ours, memory }, bytesSource(bytes), none);
  core.createBegin(options);
  while (core.createStep(0));
  return { core, description: core.createFinish() };
}

/** A + 1 + 1 + …, one node after the other. */
function chain(length) {
  const name = (i) => (i === 0 ? 'A' : i === length ? 'C' : `v${i}`);
  return model({
    nodes: Array.from({ length }, (_, i) => node('Add', [name(i), `W${i}`], [name(i + 1)], {}, `add${i}`)),
    initializers: Array.from({ length }, (_, i) => initializer(`W${i}`, 'float32', [1], Float32Array.of(1))),
    inputs: [value('A', 'float32', ['n'])],
    outputs: [value('C', 'float32', ['n'])],
  });
}

test('the imports are those that are written down', () => {
  const listed = readFileSync(new URL('../../wasm/imports.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('ort-wasm-simd-threaded.wasm '))
    .map((line) => line.split(' ')[1]);
  const found = WebAssembly.Module.imports(ours).map(({ module, name }) => `${module}.${name}`);
  assert.deepEqual(found.sort(), listed.sort());
});

test('the exports are those that are written down', () => {
  const listed = readFileSync(new URL('../../wasm/exports.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split(' ')[0]);
  const found = WebAssembly.Module.exports(ours).map(({ name }) => name);
  assert.deepEqual(found.sort(), [...listed, '_initialize'].sort());
});

test('a run goes on in views that growth made stale', () => {
  const { core } = load(chain(1));
  for (const length of [1, 1 << 16, 1 << 20, 1 << 22]) {
    const before = core.byteLength;
    core.runBegin(feed(new Float32Array(length).fill(length)), fetch);
    while (core.runStep(0));
    const [result] = core.runFinish();
    const data = core.copyOut(result, Float32Array);
    core.runEnd();
    assert.equal(data.length, length);
    assert.ok(data.every((element) => element === length + 1));
    if (length >= 1 << 20) assert.ok(core.byteLength > before);
  }
});

test('the staging area is used again', () => {
  const { core } = load(chain(1));
  const data = new Float32Array(1 << 18);
  const run = () => {
    core.runBegin(feed(data), fetch);
    while (core.runStep(0));
    core.runFinish();
    core.runEnd();
    return core.byteLength;
  };
  run();
  const settled = run();
  for (let i = 0; i < 50; i++) run();
  assert.equal(core.byteLength, settled);
});

test('memory after loading is the weights and at most 10 MB more', () => {
  const count = 1 << 23;
  const bytes = model({
    nodes: [node('Add', ['A', 'W'], ['C'])],
    initializers: [initializer('W', 'float32', [count], undefined, 'weights.bin')],
    inputs: [value('A', 'float32', ['n'])],
    outputs: [value('C', 'float32')],
  });
  let pulled = 0;
  let closed = 0;
  const weights = {
    byteCount: 4 * count,
    read: (offset, target) => (pulled += target.length),
    close: () => closed++,
  };
  const core = new Core({ module: ours, memory: { initial, maximum } }, bytesSource(bytes), (location) => {
    assert.equal(location, 'weights.bin');
    return weights;
  });
  core.createBegin([]);
  while (core.createStep(0));
  core.createFinish();
  assert.deepEqual([pulled, closed], [4 * count, 1]);
  assert.ok(core.byteLength <= 4 * count + 10e6, `${core.byteLength} bytes`);
});

test('inputs that do not fit are an error, and the session goes on', () => {
  const { core } = load(chain(1), [], { initial, maximum: initial + 20 });
  assert.throws(() => core.runBegin(feed(new Float32Array(1 << 20)), fetch), (error) => {
    assert.equal(error.code, 12);
    assert.match(error.message, /^\[ERROR_CODE: 12\] no memory for 4194\d+ bytes of inputs beside \d+ in use$/);
    return true;
  });
  core.runEnd();
  core.runBegin(feed(Float32Array.of(1)), fetch);
  while (core.runStep(0));
  assert.deepEqual([...core.copyOut(core.runFinish()[0], Float32Array)], [2]);
});

test('memory that runs out anywhere ends the session or is an error, and spares the others', () => {
  const other = load(chain(1)).core;
  const bytes = chain(300);
  for (let pages = 0; ; pages++) {
    assert.ok(pages < 200, 'it never loads');
    let core;
    try {
      ({ core } = load(bytes, [], { initial, maximum: initial + pages }));
      core.runBegin(feed(Float32Array.of(1)), fetch);
      while (core.runStep(0));
      break;
    } catch (error) {
      assert.match(error.message, /^\[ERROR_CODE: (12|6)\]/);
      if (error.code === 6) assert.ok(error.cause instanceof WebAssembly.RuntimeError);
    }
  }
  other.runBegin(feed(Float32Array.of(1)), fetch);
  while (other.runStep(0));
  assert.deepEqual([...other.copyOut(other.runFinish()[0], Float32Array)], [2]);
});

test('a trap names the node, ends the session, and gives its memory back', async () => {
  const module = await WebAssembly.compile(trappingModule('apus_run_step', 'conv7', 'Conv'));
  const core = new Core({ module, memory: { initial: 1 } }, bytesSource(new Uint8Array(1)), none);
  core.createBegin([]);
  core.runBegin(feed(Float32Array.of(1)), fetch);
  const says = "[ERROR_CODE: 6] the session stopped at node 'conv7' (Conv) and cannot be used any more: unreachable";
  assert.throws(() => core.runStep(0), (error) => {
    assert.equal(error.message, says);
    assert.deepEqual([error.name, error.code, error.node, error.opType], ['RuntimeException', 6, 'conv7', 'Conv']);
    assert.ok(error.cause instanceof WebAssembly.RuntimeError);
    return true;
  });
  assert.equal(core.byteLength, 0);
  core.runEnd();
  assert.throws(() => core.runBegin(feed(Float32Array.of(1)), fetch), { message: says });
});

test('what the host could not read is the cause of the error', () => {
  const reason = new Error('the disk is gone');
  const source = {
    byteCount: 100,
    read() {
      throw reason;
    },
  };
  const core = new Core({ module: ours, memory: { initial, maximum } }, source, none);
  core.createBegin([]);
  assert.throws(() => core.createStep(0), (error) => {
    assert.match(error.message, /^\[ERROR_CODE: 1\] the host could not read .*: the disk is gone$/);
    assert.equal(error.cause, reason);
    return true;
  });
});

test('a released core says so', () => {
  const { core } = load(chain(1));
  core.dispose();
  assert.throws(() => core.runBegin(feed(Float32Array.of(1)), fetch), /the session has been released/);
  assert.equal(core.byteLength, 0);
});
