// What a model can be made of, how its loading is watched, and how it is stopped.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, mock, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import v8 from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as ort from '../dist/ort.min.mjs';
import { initializer, model, node, value } from './support/onnx.js';
import { streamOf } from './support/streams.js';
import { rejectsExactly, throwsExactly } from './support/throws.js';

const { InferenceSession, Tensor } = ort;
const size = 300;
const weight = Float32Array.from({ length: size * size }, (_, i) => Math.sin(i));
/** x + W, several times: so many bytes that they come in many chunks, and W is read more than once. */
const adding = (location) =>
  model({
    nodes: [node('Add', ['x', 'W'], ['a']), node('Sub', ['a', 'W'], ['b']), node('Add', ['b', 'W'], ['y'])],
    initializers: [initializer('W', 'float32', [size, size], weight, location)],
    inputs: [value('x', 'float32', [1])],
    outputs: [value('y', 'float32', [size, size])],
  });
const bytes = adding();
const external = adding('weights.bin');
const raw = new Uint8Array(weight.buffer);

async function works(session) {
  const { y } = await session.run({ x: new Tensor('float32', [2]) });
  y.data.forEach((element, i) => assert.ok(Math.abs(element - (weight[i] + 2)) < 1e-6));
  await session.release();
}

const folder = mkdtempSync(path.join(tmpdir(), 'ort-'));
const file = path.join(folder, 'a model.onnx');
writeFileSync(file, bytes);
mkdirSync(path.join(folder, 'beside'));
writeFileSync(path.join(folder, 'beside', 'external.onnx'), external);
writeFileSync(path.join(folder, 'beside', 'weights.bin'), raw);

let address;
let hangs = [];
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (pathname === '/model.onnx') response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  else if (pathname === '/chunked.onnx') response.write(bytes.subarray(0, 9)), response.end(bytes.subarray(9));
  else if (pathname === '/key.onnx' && request.headers.authorization === 'me') response.end(bytes);
  else if (pathname === '/hangs.onnx') hangs.push(response), response.write(bytes.subarray(0, 1000));
  else response.writeHead(404).end('<html>');
});
before(async () => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${server.address().port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const forms = {
  'a path': () => file,
  'a relative path': () => path.relative(process.cwd(), file),
  'the address of a file as text': () => pathToFileURL(file).href,
  'the address of a file as URL': () => pathToFileURL(file),
  'an address as text': () => `${address}/model.onnx`,
  'an address as URL': () => new URL(`${address}/chunked.onnx`),
  'a data address': () => `data:application/octet-stream;base64,${Buffer.from(bytes).toString('base64')}`,
  'the address of a blob': () => URL.createObjectURL(new Blob([bytes])),
  'a Request with headers': () => new Request(`${address}/key.onnx`, { headers: { authorization: 'me' } }),
  'a Response': () => fetch(`${address}/model.onnx`).then((response) => ({ response })),
  'a Response of bytes': () => new Response(bytes),
  'a promise of a Response': () => fetch(`${address}/chunked.onnx`),
  'a Blob': () => new Blob([bytes]),
  'a File': () => new File([bytes], 'model.onnx'),
  'a stream of small pieces': () => streamOf(bytes, 1013),
  'a stream of single bytes at first': () => streamOf(bytes, 1 << 17),
  'a stream of buffers': () => streamOf(bytes, 5000, { as: (part) => part.buffer }),
  'a DataView': () => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  'part of a pooled Buffer': () => Buffer.concat([Buffer.alloc(7), bytes, Buffer.alloc(5)]).subarray(7, 7 + bytes.length),
  'bytes of another realm': () => runInNewContext('Uint8Array.from(bytes)', { bytes }),
  'a promise of bytes': () => Promise.resolve(bytes),
  'a promise of a Blob': () => Promise.resolve(new Blob([bytes])),
};

for (const [what, form] of Object.entries(forms)) {
  test(`a model comes as ${what}`, async () => {
    const made = form();
    const given = what === 'a Response' ? (await made).response : made;
    await works(await InferenceSession.create(given));
  });
}

test('weights in another file come as all of these, or lie beside the model', async () => {
  const datas = [raw, raw.buffer, new Blob([raw]), new Response(raw), streamOf(raw, 999), Promise.resolve(raw)];
  datas.push(path.join(folder, 'beside', 'weights.bin'), new DataView(raw.buffer));
  for (const data of datas) {
    await works(await InferenceSession.create(external, { externalData: [{ path: './weights.bin', data }] }));
  }
  await works(await InferenceSession.create(pathToFileURL(path.join(folder, 'beside', 'external.onnx'))));
});

test('creates with other external files overlap', async () => {
  const slowly = () => new Promise((resolve) => setTimeout(resolve, 20, raw));
  const made = [slowly(), raw, slowly(), raw].map((data) =>
    InferenceSession.create(external, { externalData: [{ path: 'weights.bin', data }] }),
  );
  for (const session of await Promise.all(made)) await works(session);
});

test('an address that answers with an error, or not at all, is named', async () => {
  await rejectsExactly(
    InferenceSession.create(`${address}/none.onnx`), Error, `failed to load external data file: ${address}/none.onnx`);
  await rejectsExactly(
    InferenceSession.create(await fetch(`${address}/none`)), Error, `failed to load external data file: ${address}/none`);
  await assert.rejects(InferenceSession.create('http://127.0.0.1:1/model.onnx'), (error) => {
    assert.match(error.message, /^failed to load external data file: http:\/\/127\.0\.0\.1:1\/model\.onnx: ./);
    assert.ok(error.cause instanceof TypeError);
    return true;
  });
});

test('a Response whose body is no stream of the web is read whole', async () => {
  const response = new Response(bytes);
  Object.defineProperty(response, 'body', { value: { pipe() {} } });
  await works(await InferenceSession.create(response));
  await assert.rejects(InferenceSession.create(new Response(null)), { message: /^\[ERROR_CODE: \d+\] / });
});

test('a stream that fails is the cause of the error', async () => {
  await assert.rejects(InferenceSession.create(streamOf(bytes, 1000, { failsAt: 5000 })), (error) => {
    assert.equal(error.message, '[ERROR_CODE: 1] the model could not be read: the line is dead');
    assert.equal(error.cause.message, 'the line is dead');
    return true;
  });
  const calls = [];
  await assert.rejects(InferenceSession.create(streamOf(['a', 'b'], 1, { as: ([text]) => ({ text }), calls })), {
    message: '[ERROR_CODE: 1] the model could not be read: it gave a object instead of bytes',
  });
  assert.equal(calls.length, 1, 'cancelled');
  const used = new Response(bytes);
  await used.arrayBuffer();
  await rejectsExactly(InferenceSession.create(used), TypeError, 'the body of a response was read already.');
  await assert.rejects(InferenceSession.create(Promise.reject(new Error('no model'))), { message: 'no model' });
});

test('progress: bytes as they arrive, then work from 0 to 1', async () => {
  const events = [];
  const onProgress = (event) => events.push(event);
  const given = [`${address}/model.onnx`, new Blob([bytes]), streamOf(bytes, 50_000), file];
  for (const form of given) {
    events.length = 0;
    await works(await InferenceSession.create(form, { onProgress }));
    const downloads = events.filter(({ phase }) => phase === 'download');
    const loads = events.filter(({ phase }) => phase === 'load');
    assert.deepEqual([...downloads, ...loads], events);
    const rises = (list) => list.every(({ loaded }, i) => i === 0 || loaded >= list[i - 1].loaded);
    assert.ok(rises(downloads) && rises(loads));
    if (form === file) {
      assert.equal(downloads.length, 0);
    } else {
      assert.equal(downloads[0].loaded, 0);
      assert.equal(downloads.at(-1).loaded, bytes.length);
      const total = form instanceof ReadableStream ? undefined : bytes.length;
      assert.ok(downloads.every((event) => event.total === total));
    }
    assert.deepEqual([loads[0], loads.at(-1)], [
      { phase: 'load', loaded: 0, total: 1 },
      { phase: 'load', loaded: 1, total: 1 },
    ]);
  }
});

test('progress of an external file names it', async () => {
  const events = [];
  const externalData = [{ path: 'weights.bin', data: new Blob([raw]) }];
  await works(await InferenceSession.create(external, { externalData, onProgress: (event) => events.push(event) }));
  assert.deepEqual(events.filter(({ phase }) => phase === 'download').at(-1), {
    phase: 'download',
    loaded: raw.length,
    total: raw.length,
    path: 'weights.bin',
  });
});

test('the length of compressed bytes is no total', async () => {
  const headers = { 'content-length': '10', 'content-encoding': 'gzip' };
  const totals = [];
  const onProgress = ({ phase, total }) => void (phase === 'download' && totals.push(total));
  await works(await InferenceSession.create(new Response(bytes, { headers }), { onProgress }));
  assert.ok(totals.length > 0 && totals.every((total) => total === undefined));
});

test('a callback that throws does no harm', async () => {
  const told = mock.method(console, 'error', () => {});
  const error = new Error('mine');
  const onProgress = () => {
    throw error;
  };
  try {
    await works(await InferenceSession.create(new Blob([bytes]), { onProgress }));
    assert.equal(told.mock.calls[0].arguments[0], error);
  } finally {
    told.mock.restore();
  }
});

const wrong = [
  [{ signal: {} }, TypeError, "'signal' must be an AbortSignal."],
  [{ onProgress: 5 }, TypeError, "'onProgress' must be a function."],
  [{ yieldEveryMs: -1 }, RangeError, "'yieldEveryMs' must be a number of milliseconds: -1"],
  [{ yieldEveryMs: 'x' }, RangeError, "'yieldEveryMs' must be a number of milliseconds: x"],
];
for (const [options, Kind, message] of wrong) {
  test(`refused: ${message}`, async () => {
    await rejectsExactly(InferenceSession.create(bytes, options), Kind, message);
    throwsExactly(() => InferenceSession.createSync(bytes, options), Kind, message);
  });
}

const reason = new Error('enough');
const openFiles = () => readdirSync('/proc/self/fd').length;

test('create is aborted before it begins', async () => {
  const signal = AbortSignal.abort(reason);
  for (const form of [bytes, file, `${address}/hangs.onnx`, new Promise(() => {})]) {
    await assert.rejects(InferenceSession.create(form, { signal }), (error) => error === reason);
  }
  await assert.rejects(InferenceSession.create(new Promise(() => {}), undefined, undefined, { signal }), reason);
  assert.throws(() => InferenceSession.createSync(bytes, { signal }), reason);
});

test('create is aborted while bytes arrive, and the stream is cancelled', async () => {
  const calls = [];
  const stalled = () => streamOf(bytes, 1000, { stallsAt: 3000, calls });
  const forms = [stalled, () => new Response(stalled()), () => `${address}/hangs.onnx`, () => new Promise(() => {})];
  for (const form of forms) {
    const controller = new AbortController();
    const creating = InferenceSession.create(form(), { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 20);
    await assert.rejects(creating, (error) => error === reason);
  }
  const controller = new AbortController();
  const externalData = [{ path: 'weights.bin', data: stalled() }];
  const creating = InferenceSession.create(external, { externalData, signal: controller.signal });
  setTimeout(() => controller.abort(reason), 20);
  await assert.rejects(creating, (error) => error === reason);
  assert.deepEqual(calls, [reason, reason, reason]);
  assert.equal(hangs.length, 1);
});

/** Many nodes: loading takes many steps. */
const long = model({
  nodes: Array.from({ length: 3000 }, (_, i) => node('Sin', [i ? `v${i}` : 'x'], [i === 2999 ? 'y' : `v${i + 1}`])),
  inputs: [value('x', 'float32', ['n'])],
  outputs: [value('y', 'float32', ['n'])],
});

test('create is aborted while it loads, and lets go of its files', async () => {
  const place = path.join(folder, 'long.onnx');
  writeFileSync(place, long);
  await works(await InferenceSession.create(file));
  const before = openFiles();
  const controller = new AbortController();
  let steps = 0;
  const onProgress = () => {
    if (++steps === 3) controller.abort(reason);
  };
  const creating = InferenceSession.create(place, { signal: controller.signal, onProgress, yieldEveryMs: 0.01 });
  await assert.rejects(creating, (error) => error === reason);
  assert.equal(steps, 3);
  assert.equal(openFiles(), before);
  await assert.rejects(InferenceSession.create(place, { signal: AbortSignal.timeout(0), yieldEveryMs: 0.01 }), {
    name: 'TimeoutError',
  });
});

test('a stream that is not read any more is cancelled', async () => {
  const calls = [];
  const stream = () => streamOf(bytes, 1000, { calls });
  const signal = AbortSignal.abort(reason);
  for (const form of [stream(), new Response(stream())]) {
    await assert.rejects(InferenceSession.create(form, { signal }), (error) => error === reason);
  }
  assert.deepEqual(calls, [reason, reason]);
  for (const form of [stream(), new Response(stream())]) {
    await assert.rejects(InferenceSession.create(form, { executionProviders: ['none'] }), { message: /^no available/ });
  }
  assert.equal(calls.length, 4);
});

test('a signal that is aborted later does nothing', async () => {
  const controller = new AbortController();
  const session = await InferenceSession.create(bytes, { signal: controller.signal });
  controller.abort(reason);
  await works(session);
});

test('create gives way as often as it is asked to', async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 0);
  await InferenceSession.create(long, { yieldEveryMs: 1 });
  clearInterval(timer);
  assert.ok(ticks > 2, `${ticks} ticks`);
});

test('files that were opened and never read are closed', async () => {
  await works(await InferenceSession.create(file));
  const before = openFiles();
  const data = path.join(folder, 'beside', 'weights.bin');
  const externalData = [{ path: 'other.bin', data }, { path: 'weights.bin', data }];
  await works(await InferenceSession.create(external, { externalData }));
  await assert.rejects(InferenceSession.create(Buffer.from('no model'), { externalData }));
  await assert.rejects(InferenceSession.create(file, { externalData: [data, 5] }), TypeError);
  assert.equal(openFiles(), before);
});

test('a session keeps nothing of what it was made of', async () => {
  v8.setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  let stream = Uint8Array.from(bytes);
  let whole = Uint8Array.from(bytes);
  let outside = Uint8Array.from(raw);
  const gone = [stream, whole, outside].map(({ buffer }) => new WeakRef(buffer));
  const give = (part) => new ReadableStream({ start: (to) => (to.enqueue(part), to.close()) });
  const sessions = [
    await InferenceSession.create(give(stream)),
    await InferenceSession.create(whole, { onProgress() {} }),
    await InferenceSession.create(external, { externalData: [{ path: 'weights.bin', data: outside }] }),
  ];
  stream = whole = outside = undefined;
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    collect();
  }
  assert.deepEqual(gone.map((ref) => ref.deref()?.byteLength), [undefined, undefined, undefined]);
  for (const session of sessions) await works(session);
});
