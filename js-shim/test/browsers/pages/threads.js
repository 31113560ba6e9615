// More threads than one: where the page is isolated they work and give the same bytes; elsewhere there is a warning.
import { check, equal, freshCopy, ok, origins, startedDuring, testCase, warnings } from '../support/check.js';

const small = await testCase('small');
const squeezenet = await testCase('squeezenet');
const isStrict = (await fetch(location.href, { method: 'HEAD' })).headers.has('content-security-policy');

/** Creates, runs so often, and releases. */
async function runs(ort, { bytes, feeds, outputs }, times, options) {
  const session = await ort.InferenceSession.create(bytes, options);
  for (let run = 0; run < times; run++) equal(plainOf(await session.run(tensorsOf(ort, feeds))), outputs);
  await session.release();
}

if (crossOriginIsolated) {
  // Each check has a copy of the script of its own; they share the worker file, and with it the workers.
  for (const [numThreads, more] of [[2, 1], [4, 2]]) {
    check(`${numThreads} threads give the bytes of one`, async () => {
      const ort = await freshCopy({ numThreads });
      const started = await startedDuring(async () => {
        equal(await warnings(() => runs(ort, squeezenet, 5)), [], 'warnings');
        await runs(ort, small, 5);
      });
      equal(started, Array(more).fill(`${location.origin}/dist/ort-wasm-worker.mjs`), 'workers');
      equal(ort.env.wasm.numThreads, numThreads, 'numThreads');
    });
  }

  check('sessions share the threads, and their runs overlap', async () => {
    const ort = await freshCopy({ numThreads: 5 });
    const started = await startedDuring(() =>
      Promise.all(Array.from({ length: 4 }, () => runs(ort, squeezenet, 2))),
    );
    equal(started.length, 1, 'workers');
  });

  check('the wasm file is fetched once', async () => {
    const count = () => performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.wasm')).length;
    const before = count();
    await runs(await freshCopy({ numThreads: 2 }), small, 1);
    equal(count() - before, 1, 'requests');
  });

  check('the wasm file as bytes', async () => {
    const wasmBinary = await fetch('/dist/ort-wasm-simd-threaded.wasm').then((response) => response.arrayBuffer());
    const ort = await freshCopy({ numThreads: 2, wasmBinary }, '/missing/ort.min.mjs');
    equal(await warnings(() => runs(ort, squeezenet, 2)), [], 'warnings');
    equal(ort.env.wasm.numThreads, 2, 'numThreads');
  });

  check('a compiled module, whose memory nobody can share: one warning, one thread', async () => {
    const wasmModule = await WebAssembly.compileStreaming(fetch('/dist/ort-wasm-simd-threaded.wasm'));
    const ort = await freshCopy({ numThreads: 2, wasmModule }, '/missing/ort.min.mjs');
    const seen = await warnings(() => runs(ort, squeezenet, 1));
    equal(seen.length, 1, 'warnings');
    ok(seen[0].includes('env.wasm.wasmModule'), seen[0]);
    equal(ort.env.wasm.numThreads, 1, 'numThreads');
  });

  check('one thread starts no worker', async () => {
    const ort = await freshCopy({ numThreads: 1 });
    equal(await startedDuring(() => runs(ort, squeezenet, 1)), [], 'workers');
  });

  check('intraOpNumThreads is a session’s own count', async () => {
    const ort = await freshCopy({ numThreads: 1 });
    const started = await startedDuring(() => runs(ort, squeezenet, 1, { intraOpNumThreads: 6 }));
    equal(started.length, 1, 'workers');
  });

  const broken = {
    'missing-worker': 'could not be loaded: ',
    'html-worker': 'could not be loaded: ',
    'other-worker': 'could not be loaded: the worker file is of another build (old) than this script',
  };
  for (const [folder, message] of Object.entries(broken)) {
    check(`${folder}: one warning, one thread`, async () => {
      const ort = await freshCopy({ numThreads: 2 }, `/${folder}/ort.min.mjs`);
      const seen = await warnings(() => runs(ort, squeezenet, 1));
      equal(seen.length, 1, 'warnings');
      ok(seen[0].includes(`/${folder}/ort-wasm-worker.mjs ${message}`), seen[0]);
      equal(ort.env.wasm.numThreads, 1, 'numThreads');
    });
  }

  check('a worker file beside the script is missing, one under wasmPaths is there', async () => {
    const ort = await freshCopy({ numThreads: 2, wasmPaths: '/dist/' }, '/missing-worker/ort.min.mjs');
    equal(await warnings(() => runs(ort, squeezenet, 1)), [], 'warnings');
    equal(ort.env.wasm.numThreads, 2, 'numThreads');
  });

  if (!isStrict) {
    check('the script is on another origin', async () => {
      const ort = await freshCopy({ numThreads: 2 }, `${origins.cors}/dist/ort.min.mjs`);
      const started = await startedDuring(async () =>
        equal(await warnings(() => runs(ort, squeezenet, 2)), [], 'warnings'),
      );
      equal(started.map((address) => address.slice(0, 5)), ['blob:'], 'workers');
      equal(ort.env.wasm.numThreads, 2, 'numThreads');
    });
  }
} else {
  check('where the page is not isolated there are two warnings, and one thread', async () => {
    const ort = await freshCopy({ numThreads: 2 });
    let started;
    const seen = await warnings(async () => (started = await startedDuring(() => runs(ort, squeezenet, 1))));
    equal(started, [], 'workers');
    equal(seen.length, 2, 'warnings');
    ok(seen[0].includes('crossOriginIsolated'), seen[0]);
    ok(seen[1].includes('Falling back to single-threading'), seen[1]);
    equal(ort.env.wasm.numThreads, 1, 'numThreads');
  });

  check('nobody asked: no warning, one thread', async () => {
    const ort = await freshCopy({});
    equal(await warnings(() => runs(ort, small, 1)), [], 'warnings');
    equal(ort.env.wasm.numThreads, 1, 'numThreads');
  });
}
