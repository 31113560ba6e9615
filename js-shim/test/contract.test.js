// What a program that came from the reference relies on, one row each: first the rows that other files show, held to
// naming tests that exist, then the rows that are shown here.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, mock, test } from 'node:test';
import * as ort from '../dist/ort.node.min.mjs';
import * as ofNode from '../src/index-node.js';
import { forgetCopies } from './support/copies.js';
import { initializer, model, node, value } from './support/onnx.js';

const { InferenceSession, Tensor, env } = ort;
const f32 = (data, dims) => new Tensor('float32', data, dims);

/** What must hold, and the file and the title (or its beginning) of the test that shows it. */
const elsewhere = [
  ['every way to call create, and what each refuses', 'create', 'create(${'],
  ['every way to call run, and what each refuses', 'run', 'run(${args'],
  ['an operator, opset or kernel that fails is an Error with its node', 'session', 'an operator that is missing'],
  ['a failed run leaves its session of use', 'session', 'an error in a run names its node and shapes'],
  ['a tensor given for an output is filled and returned', 'session', 'a tensor given for an output is filled'],
  ['overlapping runs queue', 'session', 'runs that overlap are done in turn'],
  ['sessions made at once are right', 'session', 'sessions made at once'],
  ['release during a run waits, a second one does nothing', 'session', 'release waits for runs'],
  ['a failed start may be mended', 'load', 'a failure says why, and may be mended'],
  ['a foreign, old or broken wasm file is told of once and not used', 'load', 'mistake ${i} is told once'],
  ['every form of wasmPaths is taken', 'load', '${what} is taken'],
  ['flags that change too late are told of in debug', 'debug', 'flags that change after the first session'],
  ['NaN from a wrong array is told of in debug', 'debug', 'a feed of ${x.type}'],
  ['an unnamed dim is an empty text, an unknown rank is told from a scalar', 'session', 'names and metadata'],
  ['options are never written to', 'session', 'options stay as they were'],
  ['executionProviders that are no list are refused by name', 'backend', 'executionProviders ${'],
  ['webgpu beside wasm warns, and alone is refused', 'backend', 'a list that names webgpu or webnn beside wasm'],
  ['a backend may be registered', 'backend', 'a name is taken once'],
  ['strings keep NUL and mend a lone surrogate', 'session', 'strings pass with all they hold'],
  ['a cpu-pinned or look-alike tensor is as good as any', 'session', 'a feed ${ok'],
  ['all wrong inputs are named at once', 'session', 'all wrong inputs are named'],
  ['sequences, maps and optionals pass', 'values', 'a sequence of maps comes back'],
  ['bfloat16, float8 and packed integers pass', 'values', '${type} passes packed'],
  ['float16 in either array', 'values', 'float16 is fed and filled in either array'],
  ['images: options are used again, a resize scales, BGR is swapped, a bad address rejects', 'image', 'an address is'],
  ['terminate and signal end a run under way', 'session', 'a run can be aborted'],
  ['a session logs at the level of env', 'session-options', 'enableGraphCapture says in a verbose log'],
  ['no dynamic import, eval or blob in what a strict page loads', 'load', '${file} is small, and has nothing'],
  ['env takes unknown keys, and has no versions.web', 'env', 'env takes any key'],
  ['a session is extensible and no promise', 'create', 'a session is extensible'],
  ['dims may be written, cpuData is there', 'tensor', 'the fields of a tensor are its own'],
  ['plain arrays, scalars and empty dims make tensors', 'tensor', 'new Tensor(${args'],
  ['tensors without elements pass', 'session', 'tensors without elements pass'],
  ['results are Tensors of every copy of the library', 'copies', 'each knows the tensors of the others'],
  ['one env serves all copies', 'copies', 'there is one env'],
  ['a result may be fed to the next run', 'session', 'an output may be fed to the next run'],
  ['the default export has the named ones', 'session', 'the default export has what the names have'],
];

for (const [what, file, title] of elsewhere) {
  test(`${what}: shown in ${file}.test.js`, () => {
    const text = readFileSync(new URL(`${file}.test.js`, import.meta.url), 'utf8');
    assert.ok([`test('${title}`, `test(\`${title}`].some((call) => text.includes(call)), title);
  });
}

const add = model({
  nodes: [node('Add', ['A', 'B'], ['C'])],
  inputs: [value('A', 'float32', ['n']), value('B', 'float32', ['n'])],
  outputs: [value('C', 'float32', ['n'])],
});

test('the exports have the reference\'s names', async () => {
  const ort = await import('../dist/ort.min.mjs');
  const names = ['InferenceSession', 'TRACE', 'TRACE_EVENT_BEGIN', 'TRACE_EVENT_END', 'TRACE_FUNC_BEGIN']
    .concat(['TRACE_FUNC_END', 'Tensor', 'env', 'registerBackend']);
  assert.deepEqual(Object.keys(ort.default).sort(), names);
  for (const name of names) assert.equal(ort.default[name], ort[name]);
  assert.notEqual(ort.default, ort);
});

test('the flavour for Node has listSupportedBackends and a version that cannot be written', () => {
  const backends = [{ name: 'cpu', bundled: true }, { name: 'wasm', bundled: true }];
  assert.deepEqual(ofNode.listSupportedBackends(), backends);
  assert.equal(ofNode.default.listSupportedBackends, ofNode.listSupportedBackends);
  for (const name of Object.keys(ort.default)) assert.equal(ofNode.default[name], ofNode[name]);
  assert.equal(typeof ofNode.env.versions.node, 'string');
  assert.throws(() => (ofNode.env.versions.node = 'x'), TypeError);
});

test('InferenceSession has the reference\'s names and ours', () => {
  const members = 'constructor endProfiling inputMetadata inputNames outputMetadata outputNames release run ' +
    'startProfiling';
  const ours = ['memory', 'optimizedModel', 'runSync'];
  assert.deepEqual(
    Object.getOwnPropertyNames(InferenceSession.prototype).sort(),
    [...members.split(' '), ...ours].sort(),
  );
  assert.ok(Object.hasOwn(InferenceSession, 'create'));
});

test('using releases a session', { skip: !Symbol.asyncDispose }, async () => {
  for (const symbol of [Symbol.asyncDispose, Symbol.dispose]) {
    const session = await InferenceSession.create(add);
    await session[symbol]();
    await assert.rejects(session.run({ A: f32([1]), B: f32([1]) }), /released/);
  }
});

test('env.wasm is empty until the first session, and then tells what its flags came to', async () => {
  forgetCopies();
  const { env, InferenceSession } = await import('../dist/ort.node.min.mjs?another');
  assert.deepEqual(env.wasm, {});
  await InferenceSession.create(add);
  const { numThreads, initTimeout, proxy, trace } = env.wasm;
  assert.ok(numThreads >= 1);
  assert.deepEqual([initTimeout, proxy, trace], [0, false, false]);
});

test('env.webgpu and env.webgl take assignment', () => {
  const [adapter, device, ondata] = [{ features: [] }, { limits: {} }, () => {}];
  const flags = { adapter, device, powerPreference: 'low-power', forceFallbackAdapter: true };
  Object.assign(env.webgpu, flags, { profiling: { mode: 'default', ondata } });
  assert.equal(env.webgpu.device, device);
  env.webgl.pack = true;
  assert.equal(env.webgl.pack, true);
});
after(() => {
  env.webgpu = {};
  env.webgl = {};
});

test('a default for an input need not be fed', async () => {
  const session = await InferenceSession.create(
    model({
      nodes: [node('Add', ['x', 'w'], ['y'])],
      initializers: [initializer('w', 'float32', [1], Float32Array.of(10))],
      inputs: [value('x', 'float32', [1]), value('w', 'float32', [1])],
      outputs: [value('y', 'float32', [1])],
    }),
  );
  assert.deepEqual(session.inputNames, ['x']);
  assert.deepEqual(session.inputMetadata.map(({ name }) => name), ['x']);
  assert.equal((await session.run({ x: f32([1]) })).y.data[0], 11);
});

test('all inputs are read before run returns', async () => {
  const session = await InferenceSession.create(add);
  const [A, B] = [f32([1]), f32([2])];
  const running = session.run({ A, B });
  A.data[0] = B.data[0] = 100;
  assert.equal((await running).C.data[0], 3);
  assert.deepEqual([A.data[0], B.data[0]], [100, 100]);
});

test('results hold when the next run computes, and when the session is gone', async () => {
  const session = await InferenceSession.create(add);
  const first = (await session.run({ A: f32([1]), B: f32([2]) })).C;
  const second = (await session.run({ A: first, B: first })).C;
  await session.release();
  assert.deepEqual([first.data[0], second.data[0]], [3, 6]);
});

test('bytes out of Node\'s pool are taken from where they begin', async () => {
  const pooled = Buffer.from(add);
  assert.ok(pooled.byteOffset > 0 && pooled.buffer.byteLength > pooled.length);
  const session = await InferenceSession.create(pooled);
  assert.equal((await session.run({ A: f32([1]), B: f32([2]) })).C.data[0], 3);
  const parts = [pooled.buffer, pooled.byteOffset, pooled.length, { logSeverityLevel: 3 }];
  assert.equal((await (await InferenceSession.create(...parts)).run({ A: f32([1]), B: f32([2]) })).C.data[0], 3);
});

test('creates that overlap each have their own external data', async () => {
  const external = model({
    nodes: [node('Add', ['x', 'W'], ['y'])],
    initializers: [initializer('W', 'float32', [1], undefined, 'w.bin')],
    inputs: [value('x', 'float32', [1])],
    outputs: [value('y', 'float32', [1])],
  });
  const sessions = [1, 2, 3].map((weight) => {
    const data = new Blob([Float32Array.of(weight)]);
    return InferenceSession.create(external, { externalData: [{ path: 'w.bin', data }] });
  });
  const results = await Promise.all((await Promise.all(sessions)).map((session) => session.run({ x: f32([0]) })));
  assert.deepEqual(results.map(({ y }) => y.data[0]), [1, 2, 3]);
});

test('the standard operators\' domain may be imported twice, under both of its names', async () => {
  // opset_import: an empty domain, and the long name.
  const long = [0x42, 0x0b, 0x0a, 0x07, ...Buffer.from('ai.onnx'), 0x10, 17];
  const session = await InferenceSession.create(Uint8Array.from([...add, 0x42, 0x04, 0x0a, 0, 0x10, 17, ...long]));
  assert.equal((await session.run({ A: f32([1]), B: f32([2]) })).C.data[0], 3);
});

test('a tensor of another library is fed by its looks', async () => {
  const session = await InferenceSession.create(add);
  const like = (first) => ({ type: 'float32', dims: [1], data: Float32Array.of(first), location: 'cpu' });
  const { C } = await session.run({ A: like(1), B: like(2) });
  assert.ok(C instanceof Tensor);
  assert.equal(C.data[0], 3);
});

test('names and words that JavaScript gives to every object are no inputs, outputs or options', async () => {
  const session = await InferenceSession.create(
    model({
      nodes: [node('Neg', ['constructor'], ['toString'])],
      inputs: [value('constructor', 'float32', [1])],
      outputs: [value('toString', 'float32', [1])],
    }),
    { graphOptimizationLevel: 'all', freeDimensionOverrides: {} },
  );
  const { toString } = await session.run({ constructor: f32([1]) });
  assert.equal(toString.data[0], -1);
  await assert.rejects(InferenceSession.create(add, { graphOptimizationLevel: 'constructor' }), {
    message: 'unsupported graph optimization level: constructor',
  });
});

test('a warning of a provider that is not there does not stop the session', async () => {
  const warn = mock.method(console, 'warn', () => {});
  const session = await InferenceSession.create(add, { executionProviders: [{ name: 'webgpu' }, 'wasm'] });
  assert.deepEqual(warn.mock.calls.map((call) => call.arguments[0]), [
    'removing requested execution provider "webgpu" from session options because it is not available: ' +
      'backend not found.',
  ]);
  warn.mock.restore();
  assert.equal((await session.run({ A: f32([1]), B: f32([2]) })).C.data[0], 3);
  await assert.rejects(InferenceSession.create(add, { executionProviders: ['webgpu'] }), {
    message: 'no available backend found. ERR: [webgpu] backend not found.',
  });
});

test('the level of the optimiser may be said in extra', async () => {
  const create = (extra) => InferenceSession.create(add, { extra });
  const session = await create({ session: { graph_optimization_level: '0', enable_profiling: '1' } });
  await session.run({ A: f32([1]), B: f32([2]) });
  assert.equal(session.endProfiling().length, 1);
  await assert.rejects(create({ session: { graph_optimization_level: 'most' } }), {
    message: 'unsupported graph optimization level: most',
  });
});
