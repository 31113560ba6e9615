// The script tag: one global, `ort`.
import { check, equal, ok, testCase } from '../support/check.js';

const small = await testCase('small');
const squeezenet = await testCase('squeezenet');

check('the global has what the module exports', async () => {
  const exported = await import('/dist/ort.min.mjs');
  for (const name of Object.keys(exported)) ok(name in ort, `no ort.${name}`);
});

check('create from bytes, run', async () => equal(await answer(ort, small.bytes, small.feeds), small.outputs));

check('create from an address, run', async () =>
  equal(await answer(ort, squeezenet.url, squeezenet.feeds), squeezenet.outputs));
