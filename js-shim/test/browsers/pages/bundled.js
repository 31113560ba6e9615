// An application bundled by esbuild, at an address of its own with the files that it needs beside it.
import { check, equal, testCase } from '../support/check.js';

const small = await testCase('small');
let count = 0;
new BroadcastChannel('application').onmessage = () => count++;
const app = await import('/app/assets/main.js');

check('create from bytes, run', async () => {
  app.env.wasm.numThreads = crossOriginIsolated ? 2 : 1;
  equal(await answer(app, small.bytes, small.feeds), small.outputs);
});

check('the wasm file is the one beside the application', () => {
  const wasm = performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.wasm'));
  equal(wasm.map(({ name }) => new URL(name).pathname), ['/app/assets/ort-wasm-simd-threaded.wasm'], 'requests');
});

check('there are the threads asked for', () => equal(app.env.wasm.numThreads, crossOriginIsolated ? 2 : 1));

check('the application ran once, on the page', () => equal(count, 1));
