// Sessions and runs that overlap, wait, are stopped or released; and the calls that do not wait.
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, mock, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import vm from 'node:vm';
import * as ort from '../dist/ort.min.mjs';
import { initializer, model, node, value } from './support/onnx.js';
import { rejectsExactly, throwsExactly } from './support/throws.js';

const { InferenceSession, Tensor } = ort;
const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const fileName = 'ort-wasm-simd-threaded.wasm';
const folder = mkdtempSync(path.join(tmpdir(), 'ort-'));
after(() => rmSync(folder, { recursive: true }));

let copies = 0;
const fresh = () => import(`../dist/ort.min.mjs?lifetime${copies++}`);

const add = model({
  nodes: [node('Add', ['a', 'b'], ['c']), node('Mul', ['a', 'b'], ['d'])],
  inputs: [value('a', 'float32', ['n']), value('b', 'float32', ['n'])],
  outputs: [value('c', 'float32', ['n']), value('d', 'float32', ['n'])],
});
const f32 = (...data) => new Tensor('float32', data);
const feeds = () => ({ a: f32(1, 2), b: f32(3, 4) });
const released = 'cannot run inference: the session has been released.';

/** So many nodes one after the other, each long enough to be seen by a clock. */
const slow = (length) =>
  model({
    nodes: Array.from({ length }, (_, i) => node('Sin', [i ? `v${i}` : 'x'], [i === length - 1 ? 'y' : `v${i + 1}`])),
    inputs: [value('x', 'float64', ['n'])],
    outputs: [value('y', 'float64', ['n'])],
  });
const many = (first) => ({ x: new Tensor('float64', new Float64Array(100_000).fill(first)) });
const sines = (x, times) => (times === 0 ? x : sines(Math.sin(x), times - 1));
const isSine = ({ y }, first, times) => assert.ok(Math.abs(y.data[99_999] - sines(first, times)) < 1e-12);
const reason = new Error('enough');
const terminated = 'Exiting due to terminate flag being set to true.';

test('fifty sessions are made at once, and run', async () => {
  const sessions = await Promise.all(Array.from({ length: 50 }, () => InferenceSession.create(add)));
  const results = await Promise.all(sessions.map((session, i) => session.run({ a: f32(i, 0), b: f32(1, 1) })));
  results.forEach(({ c }, i) => assert.deepEqual([...c.data], [i + 1, 1]));
  await Promise.all(sessions.map((session) => session.release()));
});

test('twenty runs over four sessions overlap, and feeds count as they were when run was called', async () => {
  const lengths = [3, 4, 5, 6];
  const sessions = await Promise.all(lengths.map((length) => InferenceSession.create(slow(length))));
  const order = sessions.map(() => []);
  const { x } = many(0);
  const running = Array.from({ length: 20 }, (_, i) => {
    x.data.fill(i);
    const place = i % 4;
    const done = sessions[place].run({ x }, { yieldEveryMs: 1 }).then((result) => {
      isSine(result, i, lengths[place]);
      order[place].push(i);
    });
    x.data.fill(-1);
    return done;
  });
  await Promise.all(running);
  order.forEach((list, place) => assert.deepEqual(list, [0, 4, 8, 12, 16].map((i) => i + place)));
});

test('both feeds of a run may be overwritten as soon as it is called, also strings and dims', async () => {
  const session = await InferenceSession.create(add);
  const given = feeds();
  const first = session.run(given, { yieldEveryMs: 5 });
  given.a.data.fill(0);
  given.b.data.fill(0);
  assert.deepEqual([...(await first).c.data], [4, 6]);
  const strings = await InferenceSession.create(
    model({
      nodes: [node('Identity', ['x'], ['y'])],
      inputs: [value('x', 'string', ['n'])],
      outputs: [value('y', 'string', ['n'])],
    }),
  );
  const x = new Tensor('string', ['p', 'q']);
  const runs = [strings.run({ x }, { yieldEveryMs: 5 }), strings.run({ x }), strings.run({ x })];
  x.data.fill('z');
  x.dims[0] = 1;
  for (const { y } of await Promise.all(runs)) assert.deepEqual([y.data, y.dims], [['p', 'q'], [2]]);
});

test('create, run and release overlap in any order', async () => {
  let seed = 7;
  const random = (below) => (seed = (seed * 48271) % 0x7fffffff) % below;
  const tasks = Array.from({ length: 30 }, async (_, i) => {
    const length = 1 + random(3);
    const session = await InferenceSession.create(slow(length), { yieldEveryMs: random(2) });
    const runs = Array.from({ length: 1 + random(3) }, (_, k) =>
      session.run(many(i + k), random(2) ? { yieldEveryMs: 0.1 } : {}).then((result) => isSine(result, i + k, length)),
    );
    if (random(2)) await runs[0];
    const release = session.release();
    await rejectsExactly(session.run(many(0)), Error, released);
    await Promise.all([...runs, release]);
  });
  await Promise.all(tasks);
});

test('release waits for runs under way, however often it is called', async () => {
  const session = await InferenceSession.create(slow(5));
  const done = [];
  const running = session.run(many(1), { yieldEveryMs: 1 }).then(() => done.push('run'));
  const waiting = session.run(many(1)).then(() => done.push('next'));
  const releases = [session.release(), session.release()].map((release) => release.then(() => done.push('release')));
  await Promise.all([running, waiting, ...releases]);
  assert.deepEqual(done, ['run', 'next', 'release', 'release']);
  assert.equal(await session.release(), undefined);
  await rejectsExactly(session.run(many(1)), Error, released);
  throwsExactly(() => session.runSync(many(1)), Error, released);
  assert.deepEqual(session.inputNames, ['x']);
});

test('a run that is aborted, and runs behind it, leave a release nothing to wait for', async () => {
  const session = await InferenceSession.create(slow(300));
  const controller = new AbortController();
  const runs = [1, 2, 3].map((first) => session.run(many(first), { signal: controller.signal }));
  const last = session.run(many(4), { yieldEveryMs: 1 });
  const release = session.release();
  setTimeout(() => controller.abort(reason), 5);
  for (const { reason: why } of await Promise.allSettled(runs)) assert.equal(why, reason);
  isSine(await last, 4, 300);
  await release;
});

test('a run that waits is aborted at once, and the others go on', async () => {
  const session = await InferenceSession.create(slow(100));
  const controller = new AbortController();
  const order = [];
  const first = session.run(many(1), { yieldEveryMs: 1 }).then(() => order.push('first'));
  const second = session.run(many(2), { signal: controller.signal }).catch((error) => order.push(error));
  const third = session.run(many(3)).then(() => order.push('third'));
  controller.abort(reason);
  await Promise.all([first, second, third]);
  assert.deepEqual(order, [reason, 'first', 'third']);
});

test('terminate ends a run at its start, and while it goes on', async () => {
  const session = await InferenceSession.create(slow(300));
  await rejectsExactly(session.run(many(1), { terminate: true }), Error, terminated);
  throwsExactly(() => session.runSync(many(1), { terminate: true }), Error, terminated);
  for (const options of [{ terminate: false }, { yieldEveryMs: 1 }]) {
    const running = session.run(many(1), options);
    setTimeout(() => (options.terminate = true), 5);
    await rejectsExactly(running, Error, terminated);
  }
  isSine(await session.run(many(1)), 1, 300);
});

test('a run that fails lets the next ones run', async () => {
  const session = await InferenceSession.create(add);
  const runs = [session.run(feeds(), { yieldEveryMs: 5 }), session.run({ a: f32(1, 2), b: f32(1, 2, 3) }), session.run(feeds())];
  const results = await Promise.allSettled(runs);
  assert.deepEqual(results.map(({ status }) => status), ['fulfilled', 'rejected', 'fulfilled']);
});

test('wrong options of a run are refused', async () => {
  const session = await InferenceSession.create(add);
  await rejectsExactly(session.run(feeds(), { signal: 1 }), TypeError, "'signal' must be an AbortSignal.");
  await rejectsExactly(
    session.run(feeds(), { yieldEveryMs: NaN }), RangeError, "'yieldEveryMs' must be a number of milliseconds: NaN");
  throwsExactly(() => session.runSync(feeds(), { signal: 1 }), TypeError, "'signal' must be an AbortSignal.");
});

test('runSync gives what run gives, and checks the same', async () => {
  const session = await InferenceSession.create(add);
  const outputs = session.runSync(feeds());
  assert.deepEqual(outputs, await session.run(feeds()));
  assert.ok(outputs.c instanceof Tensor);
  assert.deepEqual(Object.keys(session.runSync(feeds(), ['d', 'c'])), ['d', 'c']);
  const given = f32(0, 0);
  assert.equal(session.runSync(feeds(), { c: given }, {}).c, given);
  assert.deepEqual([...given.data], [4, 6]);
  throwsExactly(() => session.runSync({ a: f32(1) }), Error, "input 'b' is missing in 'feeds'.");
  throwsExactly(() => session.runSync(feeds(), ['z']), RangeError, "'fetches' contains invalid output name: z.");
  const signal = AbortSignal.abort(reason);
  assert.throws(() => session.runSync(feeds(), { signal }), reason);
  assert.deepEqual([...session.runSync(feeds(), { yieldEveryMs: 0.001 }).c.data], [4, 6]);
});

test('runSync while another run is under way is an error, and harms neither', async () => {
  const session = await InferenceSession.create(slow(10));
  const running = session.run(many(1), { yieldEveryMs: 0.1 });
  throwsExactly(
    () => session.runSync(many(2)), Error, 'another run of this session is under way.');
  isSine(await running, 1, 10);
  isSine(session.runSync(many(2)), 2, 10);
});

test('createSync finds its file, and takes bytes and paths', async () => {
  const sync = await fresh();
  const place = path.join(folder, 'add.onnx');
  writeFileSync(place, add);
  for (const form of [add, add.buffer, place, pathToFileURL(place), pathToFileURL(place).href]) {
    const session = sync.InferenceSession.createSync(form);
    assert.deepEqual([...session.runSync(feeds()).c.data], [4, 6]);
    assert.deepEqual([...(await session.run(feeds())).c.data], [4, 6]);
    await session.release();
  }
  await sync.InferenceSession.create(add);
});

test('createSync takes external data that is at hand', () => {
  const weight = Float32Array.of(10, 20);
  const bytes = model({
    nodes: [node('Add', ['x', 'W'], ['y'])],
    initializers: [initializer('W', 'float32', [2], undefined, 'weights.bin')],
    inputs: [value('x', 'float32', [2])],
    outputs: [value('y', 'float32', [2])],
  });
  const withData = (data) => InferenceSession.createSync(bytes, { externalData: [{ path: 'weights.bin', data }] });
  assert.deepEqual([...withData(weight).runSync({ x: f32(1, 2) }).y.data], [11, 22]);
  const wait = 'it cannot be read without waiting';
  throwsExactly(() => withData(new Blob([weight])), TypeError, wait);
  for (const form of ['http://localhost/model.onnx', new Blob([bytes]), new Response(bytes)]) {
    throwsExactly(() => InferenceSession.createSync(form), TypeError, wait);
  }
  throwsExactly(
    () => InferenceSession.createSync(Promise.resolve(bytes)), TypeError,
    "Unexpected argument[0]: must be 'path' or 'buffer'.");
});

test('createSync tells what is wrong with a model', () => {
  assert.throws(() => InferenceSession.createSync(Buffer.from('<html>')), { message: /^\[ERROR_CODE: \d+\] / });
  assert.throws(() => InferenceSession.createSync(path.join(folder, 'none.onnx')), { code: 3 });
  throwsExactly(
    () => InferenceSession.createSync(add, { executionProviders: ['webgl'] }), Error,
    'no backend works without waiting among: webgl');
});

test('createSync takes the module or the bytes of env.wasm, and says what it lacks', async () => {
  copyFileSync(`${dist}ort.min.js`, path.join(folder, 'ort.min.js'));
  const wasm = readFileSync(dist + fileName);
  // Less than an AudioWorklet has: no TextDecoder, URL, fetch, performance, timers, console, self.
  const works = `
    const session = ort.InferenceSession.createSync(add);
    const a = new ort.Tensor('float32', [1, 2]);
    [...session.runSync({ a, b: a }).c.data].join()`;
  const realm = (settings) => {
    const context = vm.createContext({ add, wasm });
    vm.runInContext(`${readFileSync(path.join(folder, 'ort.min.js'), 'utf8')};${settings}`, context);
    return () => vm.runInContext(works, context);
  };
  assert.equal(realm('ort.env.wasm.wasmModule = new WebAssembly.Module(wasm)')(), '2,4');
  assert.equal(realm('ort.env.wasm.wasmBinary = wasm')(), '2,4');
  assert.equal(realm('ort.env.wasm.wasmBinary = wasm; ort.env.wasm.numThreads = 4')(), '2,4');
  assert.throws(realm(''), {
    message: /^no wasm file could be loaded: the wasm file beside the script could not/,
  });
  assert.throws(realm('ort.env.wasm.wasmBinary = add'), {
    message: /^no wasm file could be loaded.*: env\.wasm\.wasmBinary is not a wasm file\. the wasm file beside/,
  });
});

test('createSync uses the module that a session before it loaded', async () => {
  const place = path.join(folder, 'ort.min.mjs');
  copyFileSync(`${dist}ort.min.mjs`, place);
  const alone = await import(pathToFileURL(place));
  alone.env.wasm.wasmBinary = readFileSync(dist + fileName);
  alone.env.wasm.numThreads = 1;
  await alone.InferenceSession.create(add);
  alone.env.wasm.wasmBinary = undefined;
  const compile = mock.method(WebAssembly, 'Module');
  assert.deepEqual([...alone.InferenceSession.createSync(add).runSync(feeds()).c.data], [4, 6]);
  compile.mock.restore();
  assert.equal(compile.mock.callCount(), 0);
});

test('a session is released at the end of `using` and `await using`', async () => {
  for (const symbol of [Symbol.dispose, Symbol.asyncDispose].filter(Boolean)) {
    const session = await InferenceSession.create(add);
    await session[symbol]();
    await rejectsExactly(session.run(feeds()), Error, released);
  }
});

test('outputs of one session are fed to it and to others, and stay as they were', async () => {
  const sessions = await Promise.all([1, 2].map(() => InferenceSession.create(add)));
  let { c } = await sessions[0].run(feeds());
  const first = c;
  for (let i = 0; i < 6; i++) ({ c } = await sessions[i % 2].run({ a: c, b: c }));
  assert.deepEqual([...c.data], [256, 384]);
  assert.deepEqual([...first.data], [4, 6]);
});

test('first sessions under different names of the backend are made at once', async () => {
  const first = await fresh();
  const names = ['cpu', 'wasm', 'cpu', 'wasm'];
  const made = names.map((name) => first.InferenceSession.create(add, { executionProviders: [name] }));
  for (const session of await Promise.all(made)) assert.deepEqual([...(await session.run(feeds())).c.data], [4, 6]);
});
