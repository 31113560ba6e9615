import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createCore } from '../src/core.js';
import { bytesSource } from '../src/source.js';
import { initializer, model, node, value } from './support/onnx.js';
import { trappingModule } from './support/tiny-module.js';

const feed = (data) => [{ index: 0, name: 'A', value: { kind: 'tensor', type: 1, dims: [data.length], data, byteCount: data.byteLength } }];
const fetch = [{ index: 0, name: 'C' }];
/** Bytes of linear memory. */
const bytesOf = (core) => core.shareable.memory?.buffer.byteLength ?? 0;
const none = () => {
  throw new Error('no external data here');
};

const ours = await WebAssembly.compile(readFileSync(new URL('../dist/ort-wasm-simd-threaded.wasm', import.meta.url)));
const [, initial, maximum] = new Uint32Array(WebAssembly.Module.customSections(ours, 'apus')[0].slice(0));

function load(bytes, options = [], memory = { initial, maximum }) {
  const core = createCore({ module: ours, memory }, none);
  core.createBegin(options);
  core.createFrom(bytesSource(bytes));
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
    const before = bytesOf(core);
    core.runBegin(feed(new Float32Array(length).fill(length)), fetch);
    while (core.runStep(0));
    const [result] = core.runFinish();
    const data = core.viewOf(result, Float32Array).slice();
    core.runEnd();
    assert.equal(data.length, length);
    assert.ok(data.every((element) => element === length + 1));
    if (length >= 1 << 20) assert.ok(bytesOf(core) > before);
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
    return bytesOf(core);
  };
  run();
  const settled = run();
  for (let i = 0; i < 50; i++) run();
  assert.equal(bytesOf(core), settled);
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
  const core = createCore({ module: ours, memory: { initial, maximum } }, (location) => {
    assert.equal(location, 'weights.bin');
    return weights;
  });
  core.createBegin([]);
  core.createFrom(bytesSource(bytes));
  while (core.createStep(0));
  core.createFinish();
  assert.deepEqual([pulled, closed], [4 * count, 1]);
  assert.ok(bytesOf(core) <= 4 * count + 10e6, `${bytesOf(core)} bytes`);
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
  assert.deepEqual([...core.viewOf(core.runFinish()[0], Float32Array).slice()], [2]);
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
  assert.deepEqual([...other.viewOf(other.runFinish()[0], Float32Array).slice()], [2]);
});

test('a trap names the node, ends the session, and gives its memory back', async () => {
  const module = await WebAssembly.compile(trappingModule('apus_run_step', 'conv7', 'Conv'));
  const core = createCore({ module, memory: { initial: 1 } }, none);
  core.createBegin([]);
  core.createFrom(bytesSource(new Uint8Array(1)));
  core.runBegin(feed(Float32Array.of(1)), fetch);
  const says = "[ERROR_CODE: 6] the session stopped at node 'conv7' (Conv) and cannot be used any more: unreachable";
  assert.throws(() => core.runStep(0), (error) => {
    assert.equal(error.message, says);
    assert.deepEqual([error.name, error.code, error.node, error.opType], ['RuntimeException', 6, 'conv7', 'Conv']);
    assert.ok(error.cause instanceof WebAssembly.RuntimeError);
    return true;
  });
  assert.equal(bytesOf(core), 0);
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
  const core = createCore({ module: ours, memory: { initial, maximum } }, none);
  core.createBegin([]);
  core.createFrom(source);
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
  assert.equal(bytesOf(core), 0);
});

/** y = relu(x · W) with a weight of 16 MB, of which `read` tells what is pulled. */
function wide(read) {
  const size = 2048;
  const bytes = model({
    nodes: [node('MatMul', ['A', 'W'], ['H']), node('Relu', ['H'], ['C'])],
    initializers: [initializer('W', 'float32', [size, size], new Float32Array(size * size).fill(-1))],
    inputs: [value('A', 'float32', ['n', size])],
    outputs: [value('C', 'float32', ['n', size])],
  });
  const source = bytesSource(bytes);
  const counted = { ...source, read: (offset, target) => (read?.(target.length), source.read(offset, target)) };
  return { size, source: counted };
}

test('no step of create reads more than a range of a weight', () => {
  let pulled = 0;
  const { source } = wide((count) => (pulled += count));
  const core = createCore({ module: ours, memory: { initial, maximum } }, none);
  core.createBegin([]);
  core.createFrom(source);
  let most = 0;
  let steps = 0;
  for (let more = true; more; steps++) {
    const before = pulled;
    more = core.createStep(1e-9);
    most = Math.max(most, pulled - before);
  }
  assert.ok(most <= 2 ** 18 + 2 ** 16, `${most} bytes`);
  assert.ok(pulled > 2 ** 24 && steps > 64, `${pulled} bytes in ${steps} steps`);
  core.dispose();
});

test('create can be given up within a weight, and everything goes', () => {
  let closed = 0;
  let pulled = 0;
  const { source } = wide((count) => (pulled += count));
  source.close = () => closed++;
  const core = createCore({ module: ours, memory: { initial, maximum } }, none);
  core.createBegin([]);
  core.createFrom(source);
  while (pulled < 2 ** 22) assert.ok(core.createStep(1e-9));
  assert.ok(pulled < 2 ** 23 && bytesOf(core) > 2 ** 24);
  core.dispose();
  assert.deepEqual([bytesOf(core), closed], [0, 1]);
  assert.throws(() => core.createStep(0), /the session has been released/);
});

test('values in between are asked for by name', () => {
  const { size, source } = wide();
  const x = { index: 0, name: 'A', value: { kind: 'tensor', type: 1, dims: [1, size] } };
  const ask = (options, names) => {
    const core = createCore({ module: ours, memory: { initial, maximum } }, none);
    core.createBegin(options);
    core.createFrom(source);
    while (core.createStep(0));
    core.createFinish();
    const data = new Float32Array(size).fill(1);
    core.runBegin([{ ...x, value: { ...x.value, data, byteCount: data.byteLength } }], names.map((name) => ({ name, index: -1 })));
    while (core.runStep(0));
    return core.runFinish().map((result) => core.viewOf(result, Float32Array).slice()[0]);
  };
  assert.deepEqual(ask([['intermediates', true]], ['H', 'C', 'A']), [-size, 0, 1]);
  assert.deepEqual(ask([['intermediates.0', 'H'], ['intermediates.1', 'W']], ['W', 'H']), [-1, -size]);
  assert.deepEqual(ask([], ['C', 'A']), [0, 1]);
  const lost = (name) => new RegExp(`value '${name}' did not outlast optimisation: the session option 'intermediates'`);
  assert.throws(() => ask([], ['H']), lost('H'));
  assert.throws(() => ask([['intermediates', true]], ['W']), lost('W'));
  assert.throws(() => ask([], ['Z']), /the model has no output 'Z'/);
  assert.throws(() => ask([['intermediates.0', 'Z']], ['C']), /the model has no value 'Z'/);
});

test('memory is told in numbers', () => {
  const { size, source } = wide();
  const core = createCore({ module: ours, memory: { initial, maximum } }, none);
  core.createBegin([]);
  core.createFrom(source);
  while (core.createStep(0));
  core.createFinish();
  const { weights, arena, peak } = core.memory();
  assert.ok(weights >= 4 * size * size && weights < 4 * size * size + 2 ** 16, `${weights}`);
  assert.ok(arena === 0 && peak > weights && peak < weights + 2 ** 20, `${arena} ${peak}`);
  const data = new Float32Array(4 * size);
  core.runBegin([{ index: 0, name: 'A', value: { kind: 'tensor', type: 1, dims: [4, size], data, byteCount: data.byteLength } }], fetch);
  while (core.runStep(0));
  core.runEnd();
  const after = core.memory();
  assert.equal(after.weights, weights);
  assert.ok(after.arena >= data.byteLength && after.peak >= weights + after.arena);
});

test('the optimised model leaves in pieces, and does the same', () => {
  const { size, source } = wide();
  const pieces = [];
  const core = createCore({ module: ours, memory: { initial, maximum } }, none, 1, (bytes) => pieces.push(bytes));
  core.createBegin([['optimizedModelFilePath', 'out.onnx']]);
  core.createFrom(source);
  let most = 0;
  for (let more = true; more; ) {
    const before = pieces.length;
    more = core.createStep(1e-9);
    most = Math.max(most, pieces.length - before);
  }
  assert.ok(most === 1 && pieces.length > 64 && pieces.every((piece) => piece.length <= 2 ** 16));
  assert.ok(bytesOf(core) < 4 * size * size + 10e6, `${bytesOf(core)} bytes`);
  const written = Buffer.concat(pieces);
  assert.ok(written.includes('apus') && written.includes('activation'));
  const { core: copy, description } = load(written, [['graphOptimizationLevel', 'disabled']]);
  assert.deepEqual(description.outputs.map(({ name, metadata }) => [name, metadata.shape]), [['C', ['n', size]]]);
  const data = Float32Array.from({ length: size }, (_, i) => i - 3000);
  copy.runBegin([{ index: 0, name: 'A', value: { kind: 'tensor', type: 1, dims: [1, size], data, byteCount: data.byteLength } }], fetch);
  while (copy.runStep(0));
  const [result] = copy.runFinish();
  assert.equal(copy.viewOf(result, Float32Array).slice()[0], -data.reduce((sum, element) => sum + element, 0));

  const reason = new Error('the disk is full');
  const full = createCore({ module: ours, memory: { initial, maximum } }, none, 1, () => {
    throw reason;
  });
  full.createBegin([['optimizedModelFilePath', 'out.onnx']]);
  full.createFrom(source);
  assert.throws(() => full.createStep(0), (error) => {
    assert.match(error.message, /the host could not take \d+ bytes: the disk is full$/);
    assert.equal(error.cause, reason);
    return true;
  });
});
