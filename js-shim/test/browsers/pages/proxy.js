// Sessions that live in a worker, so that the page stays free.
import { check, equal, freshCopy, ok, origins, rejects, startedDuring, testCase, warnings } from '../support/check.js';

const small = await testCase('small');
const squeezenet = await testCase('squeezenet');
const external = await testCase('external');
const isStrict = (await fetch(location.href, { method: 'HEAD' })).headers.has('content-security-policy');
const numThreads = crossOriginIsolated ? 2 : 1;
const ort = await freshCopy({ proxy: true, numThreads });
const { InferenceSession, Tensor } = ort;
let started;

check('create from bytes, run', async () => {
  started = await startedDuring(async () =>
    equal(await warnings(async () => equal(await answer(ort, small.bytes, small.feeds), small.outputs)), [], 'warnings'),
  );
  equal(small.bytes.length > 0, true, 'the bytes of the model are still there');
});

check('there is one worker, from the file beside the script', () =>
  equal(started, [`${location.origin}/dist/ort-wasm-worker.mjs`], 'workers'));

const { bytes, feeds, outputs, url } = squeezenet;
const places = { 'an address': () => url, 'a Response': () => fetch(url), 'a Blob': () => new Blob([bytes]) };
for (const [what, place] of Object.entries(places)) {
  check(`create from ${what}, run`, async () => {
    const begun = await startedDuring(async () => equal(await answer(ort, await place(), feeds), outputs));
    equal(begun, [], 'workers');
  });
}

check('weights of a file of their own', async () => {
  const externalData = [{ path: 'external.weights', data: fetch('/models/external.weights') }];
  equal(await answer(ort, [external.bytes, { externalData }], external.feeds), external.outputs);
});

check('inputs stay with the caller, and an output given is filled', async () => {
  const session = await InferenceSession.create(small.bytes);
  const inputs = tensorsOf(ort, small.feeds);
  const y = new Tensor('float32', new Float32Array(6), [2, 3]);
  const results = await session.run(inputs, { y });
  ok(results.y === y, 'another tensor came back');
  equal(plainOf(results).y, small.outputs.y);
  equal([...inputs.x.data], small.feeds.x.data, 'the input');
  await session.release();
});

check('the page goes on with its work during a run', async () => {
  const session = await InferenceSession.create(bytes);
  const inputs = tensorsOf(ort, feeds);
  const { port1, port2 } = new MessageChannel();
  let turns = 0;
  port1.onmessage = () => (turns++, port2.postMessage(0));
  port2.postMessage(0);
  await session.run(inputs);
  port1.close();
  ok(turns > 20, `there were ${turns} turns of its loop`);
  await session.release();
});

check('sessions and runs at the same time', async () => {
  const sessions = await Promise.all(Array.from({ length: 4 }, () => InferenceSession.create(bytes)));
  const runs = sessions.flatMap((session) => [1, 2].map(() => session.run(tensorsOf(ort, feeds))));
  for (const results of await Promise.all(runs)) equal(plainOf(results), outputs);
  await Promise.all(sessions.map((session) => session.release()));
});

check('a run is stopped, and the next one is right', async () => {
  const session = await InferenceSession.create(bytes);
  const stop = new AbortController();
  const inputs = tensorsOf(ort, feeds);
  const run = session.run(inputs, { signal: stop.signal, yieldEveryMs: 1 });
  stop.abort();
  const error = await run.catch((error) => error);
  equal(error?.name, 'AbortError', 'the error');
  equal(plainOf(await session.run(inputs)), outputs);
});

check('what is no model is refused', () => rejects(InferenceSession.create(new Uint8Array(8)), /^\[ERROR_CODE: \d+\] /));

check('a released session says so', async () => {
  const session = await InferenceSession.create(small.bytes);
  await session.release();
  await rejects(session.run(tensorsOf(ort, small.feeds)), 'the session has been released');
});

for (const folder of ['missing-worker', 'html-worker', 'other-worker']) {
  check(`${folder}: an error that names the file`, async () => {
    const copy = await freshCopy({ proxy: true, numThreads: 1 }, `/${folder}/ort.min.mjs`);
    await rejects(copy.InferenceSession.create(small.bytes), `/${folder}/ort-wasm-worker.mjs`);
  });
}

if (!isStrict) {
  check('the script is on another origin', async () => {
    const copy = await freshCopy({ proxy: true, numThreads }, `${origins.cors}/dist/ort.min.mjs`);
    const begun = await startedDuring(async () => equal(await answer(copy, bytes, feeds), outputs));
    equal(begun.map((address) => address.slice(0, 5)), ['blob:'], 'workers');
  });
}
