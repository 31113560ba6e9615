// What stands where the wasm file should be, and the sentence that says so. A later try with the right file works.
import { check, equal, freshCopy, rejects, testCase } from '../support/check.js';

const small = await testCase('small');
const beside = 'no wasm file could be loaded: the wasm file beside the script';

const mistakes = {
  missing: `${beside} could not be read: status 404.`,
  html: `${beside} is a page, not a wasm file.`,
  foreign: `${beside} is not the wasm file of this library.`,
  'foreign-untyped': `${beside} is not the wasm file of this library.`,
  cut: `${beside} could not be compiled: `,
};

for (const [folder, message] of Object.entries(mistakes)) {
  check(folder, async () => {
    const ort = await freshCopy({}, `/${folder}/ort.min.mjs`);
    await rejects(ort.InferenceSession.create(small.bytes), message);
    ort.env.wasm.wasmPaths = '/dist/';
    equal(await answer(ort, small.bytes, small.feeds), small.outputs);
  });
}
