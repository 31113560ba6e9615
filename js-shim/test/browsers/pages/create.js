// Everything that a model can come from, how far it is while it comes, and sessions made and run without waiting.
import * as ort from '/dist/ort.min.mjs';
import { check, equal, freshCopy, ok, rejects, testCase } from '../support/check.js';

const { InferenceSession } = ort;
const small = await testCase('small');
const squeezenet = await testCase('squeezenet');
const external = await testCase('external');

/** The bytes in pieces of that many. */
function streamOf(bytes, size) {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, (at += size)));
    },
  });
}

const { url, bytes, feeds, outputs } = squeezenet;
const places = {
  'an address': () => url,
  'a URL': () => new URL(url, location.href),
  'a Request': () => new Request(url),
  'a Response': () => fetch(url),
  'a Blob': () => new Blob([bytes]),
  'a File': () => new File([bytes], 'squeezenet.onnx'),
  'a stream': () => new Blob([bytes]).stream(),
  'a stream of small pieces': () => streamOf(bytes, 1000),
  'a buffer': () => bytes.slice().buffer,
  'a part of a buffer': () => {
    const wider = new Uint8Array(bytes.length + 20);
    wider.set(bytes, 7);
    return [wider.buffer, 7, bytes.length];
  },
};

for (const [what, place] of Object.entries(places)) {
  check(`from ${what}`, async () => equal(await answer(ort, await place(), feeds), outputs));
}

check('from a promise of a Response', async () => equal(await answer(ort, [fetch(url)], feeds), outputs));

check('onProgress tells of bytes, then of loading', async () => {
  const events = [];
  await answer(ort, [fetch(url), { onProgress: (event) => events.push({ ...event }) }], feeds);
  const firstLoad = events.findIndex(({ phase }) => phase === 'load');
  const downloads = events.slice(0, firstLoad);
  const loads = events.slice(firstLoad);
  ok(downloads.length > 1 && downloads.every(({ phase }) => phase === 'download'), 'no downloads come first');
  ok(loads.length > 1 && loads.every(({ phase }) => phase === 'load'), 'no loading comes second');
  for (const { total } of downloads) equal(total, bytes.length, 'total');
  equal(downloads[0].loaded, 0, 'at first');
  equal(downloads.at(-1).loaded, bytes.length, 'bytes in the end');
  equal(loads.at(-1).loaded, 1, 'share in the end');
  const grows = (list) => list.every(({ loaded }, i) => i === 0 || loaded >= list[i - 1].loaded);
  ok(grows(downloads) && grows(loads), 'it went back');
});

check('a download is stopped', async () => {
  const stop = new AbortController();
  const options = { signal: stop.signal, onProgress: ({ loaded }) => loaded > 0 && stop.abort() };
  const error = await InferenceSession.create(url, options).catch((error) => error);
  equal(error?.name, 'AbortError', 'the error');
});

check('loading is stopped', async () => {
  const stop = new AbortController();
  const options = { signal: stop.signal, onProgress: ({ phase }) => phase === 'load' && stop.abort() };
  const error = await InferenceSession.create(bytes, options).catch((error) => error);
  equal(error?.name, 'AbortError', 'the error');
});

check('a stream that fails is told of', () =>
  rejects(
    InferenceSession.create(
      new ReadableStream({
        pull(controller) {
          controller.error(new Error('the cable was pulled'));
        },
      }),
    ),
    'the cable was pulled',
  ));

check('a body that was read already is told of', async () => {
  const response = await fetch(url);
  await response.arrayBuffer();
  await rejects(InferenceSession.create(response), 'was read already');
});

const weightsUrl = '/models/external.weights';
const weights = {
  'an address': () => weightsUrl,
  'a URL': () => new URL(weightsUrl, location.href),
  'a Response': () => fetch(weightsUrl),
  'a Blob': () => fetch(weightsUrl).then((response) => response.blob()),
  bytes: () => fetch(weightsUrl).then((response) => response.arrayBuffer()),
};
for (const [what, place] of Object.entries(weights)) {
  check(`weights from ${what}`, async () => {
    const externalData = [{ path: 'external.weights', data: await place() }];
    equal(await answer(ort, [external.bytes, { externalData }], external.feeds), external.outputs);
  });
}

check('weights that nobody gave are told of', () =>
  rejects(InferenceSession.create(external.bytes), 'external.weights'));

check('createSync and runSync once wasm is compiled', () => {
  const session = InferenceSession.createSync(small.bytes);
  equal(plainOf(session.runSync(tensorsOf(ort, small.feeds))), small.outputs);
  return session.release();
});

check('createSync from a compiled module', async () => {
  const wasmModule = await WebAssembly.compileStreaming(fetch('/dist/ort-wasm-simd-threaded.wasm'));
  const copy = await freshCopy({ wasmModule });
  const session = copy.InferenceSession.createSync(squeezenet.bytes);
  equal(plainOf(session.runSync(tensorsOf(copy, squeezenet.feeds))), squeezenet.outputs);
});

check('createSync from the bytes of the wasm file', async () => {
  const wasmBinary = await fetch('/dist/ort-wasm-simd-threaded.wasm').then((response) => response.arrayBuffer());
  const copy = await freshCopy({ wasmBinary });
  const session = copy.InferenceSession.createSync(small.bytes);
  equal(plainOf(session.runSync(tensorsOf(copy, small.feeds))), small.outputs);
});

check('createSync with nothing at hand says what it needs', async () => {
  const copy = await freshCopy();
  let error;
  try {
    copy.InferenceSession.createSync(small.bytes);
  } catch (thrown) {
    error = thrown;
  }
  ok(/no wasm file could be loaded/.test(error?.message), String(error));
});
