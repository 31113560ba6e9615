// An application bundled by esbuild, at an address of its own with the wasm file beside it.
import * as app from '/app/assets/main.js';
import { check, equal, testCase } from '../support/check.js';

const small = await testCase('small');

check('create from bytes, run', async () => equal(await answer(app, small.bytes, small.feeds), small.outputs));

check('the wasm file is the one beside the application', () => {
  const wasm = performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.wasm'));
  equal(wasm.map(({ name }) => new URL(name).pathname), ['/app/assets/ort-wasm-simd-threaded.wasm'], 'requests');
});

check('the application ran once', () => equal(timesLoaded, 1));
