// The ES module on a page: what it exports, and models from bytes and from an address.
import * as exported from '/dist/ort.min.mjs';
import { check, equal, ok, rejects, testCase, violating, warnings } from '../support/check.js';

const { default: ort, InferenceSession, Tensor, env } = exported;
const small = await testCase('small');
const squeezenet = await testCase('squeezenet');
const headers = (await fetch(location.href)).headers;

check('the page is what its headers say', async () => {
  equal(crossOriginIsolated, headers.has('cross-origin-embedder-policy'), 'crossOriginIsolated');
  let didEval = true;
  const evaluate = () => {
    try {
      (0, eval)('1');
    } catch {
      didEval = false;
    }
  };
  if (headers.has('content-security-policy')) await violating(evaluate);
  else evaluate();
  equal(didEval, !headers.has('content-security-policy'), 'eval');
});

check('names and default are the same', () => {
  for (const name of ['InferenceSession', 'Tensor', 'env']) ok(ort[name] === exported[name], `${name} differs`);
});

check('nothing is fetched before the first session', () => {
  const wasm = performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.wasm'));
  equal(wasm.length, 0, 'requests');
});

check('create from bytes, run', async () => {
  const seen = await warnings(async () => equal(await answer(ort, small.bytes, small.feeds), small.outputs));
  equal(seen, [], 'warnings');
});

check('create from an address, run', async () =>
  equal(await answer(ort, squeezenet.url, squeezenet.feeds), squeezenet.outputs));

check('the flags tell the truth', () => {
  equal(env.wasm.numThreads, 1, 'numThreads');
  equal(env.wasm.proxy, false, 'proxy');
});

check('sessions and runs at the same time', async () => {
  const sessions = await Promise.all(Array.from({ length: 8 }, () => InferenceSession.create(small.bytes)));
  const runs = sessions.flatMap((session) => [1, 2].map(() => session.run(tensorsOf(ort, small.feeds))));
  for (const results of await Promise.all(runs)) equal(plainOf(results), small.outputs);
  await Promise.all(sessions.map((session) => session.release()));
});

check('an output given is filled', async () => {
  const session = await InferenceSession.create(small.bytes);
  const y = new Tensor('float32', new Float32Array(6), [2, 3]);
  const results = await session.run(tensorsOf(ort, small.feeds), { y });
  ok(results.y === y, 'another tensor came back');
  equal(plainOf(results).y, small.outputs.y);
});

check('a run is stopped', async () => {
  const session = await InferenceSession.create(squeezenet.bytes);
  const stop = new AbortController();
  const feeds = tensorsOf(ort, squeezenet.feeds);
  const run = session.run(feeds, { signal: stop.signal, yieldEveryMs: 1 });
  stop.abort();
  const error = await run.catch((error) => error);
  equal(error?.name, 'AbortError', 'the error');
  equal(plainOf(await session.run(feeds)), squeezenet.outputs);
});

check('what is no model is refused', () => rejects(InferenceSession.create(new Uint8Array(8)), /^\[ERROR_CODE: \d+\] /));

check('a model that is not there is refused', () => rejects(InferenceSession.create('/models/none.onnx'), 'none.onnx'));
