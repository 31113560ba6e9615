// The wasm file at another path and on another origin. Each check takes a copy of the bundle of its own.
import { check, equal, freshCopy, ok, origins, rejects, testCase, warnings } from '../support/check.js';

const small = await testCase('small');
const file = 'ort-wasm-simd-threaded.wasm';

/** The address that the wasm file came from last. */
const lastRequest = () => performance.getEntriesByType('resource').findLast(({ name }) => name.endsWith('.wasm')).name;

const here = location.origin;
const settings = [
  { what: 'a prefix', wasmPaths: '/elsewhere/', from: `${here}/elsewhere/` },
  { what: 'an address as prefix', wasmPaths: new URL('/elsewhere/', here), from: `${here}/elsewhere/` },
  { what: 'a file', wasmPaths: { wasm: `/elsewhere/${file}` }, from: `${here}/elsewhere/` },
  { what: 'the address of a file', wasmPaths: { wasm: new URL(`/elsewhere/${file}`, here) }, from: `${here}/elsewhere/` },
  { what: 'a map by name', wasmPaths: { [file]: `/elsewhere/${file}` }, from: `${here}/elsewhere/` },
  { what: 'a server that does not know the type', wasmPaths: '/untyped/', from: `${here}/untyped/` },
  { what: 'another origin', wasmPaths: `${origins.cors}/dist/`, from: `${origins.cors}/dist/` },
];

for (const { what, wasmPaths, from } of settings) {
  check(`wasmPaths is ${what}`, async () => {
    const ort = await freshCopy({ wasmPaths });
    const seen = await warnings(async () => equal(await answer(ort, small.bytes, small.feeds), small.outputs));
    equal(seen, [], 'warnings');
    equal(lastRequest(), from + file, 'the request');
  });
}

check('wasmPaths is the address of a blob', async () => {
  const blob = await fetch(`/dist/${file}`).then((response) => response.blob());
  const ort = await freshCopy({ wasmPaths: { wasm: URL.createObjectURL(blob) } }, '/missing/ort.min.mjs');
  const seen = await warnings(async () => equal(await answer(ort, small.bytes, small.feeds), small.outputs));
  equal(seen, [], 'warnings');
});

check('the script is on another origin, too', async () => {
  const ort = await freshCopy({}, `${origins.cors}/dist/ort.min.mjs`);
  equal(await answer(ort, small.bytes, small.feeds), small.outputs);
  equal(lastRequest(), `${origins.cors}/dist/${file}`, 'the request');
});

check('another origin that does not allow it: one warning, then the file beside the script', async () => {
  const ort = await freshCopy({ wasmPaths: `${origins.closed}/dist/` });
  const seen = await warnings(async () => equal(await answer(ort, small.bytes, small.feeds), small.outputs));
  equal(seen.length, 1, 'warnings');
  equal(seen[0].startsWith(`env.wasm.wasmPaths (${origins.closed}/dist/${file}) could not be read: `), true, seen[0]);
});

check('the same with no file beside the script: an error that says why', async () => {
  const ort = await freshCopy({ wasmPaths: `${origins.closed}/dist/` }, '/missing/ort.min.mjs');
  await warnings(() => rejects(answer(ort, small.bytes, small.feeds), 'no answer, or CORS'));
});

check('the file with relaxed SIMD is taken where it is asked for, and rounds otherwise at most', async () => {
  const relaxed = await freshCopy({ simd: 'relaxed' });
  const squeezenet = await testCase('squeezenet');
  const [got] = Object.values(await answer(relaxed, squeezenet.bytes, squeezenet.feeds));
  equal(lastRequest(), `${here}/dist/ort-wasm-relaxedsimd-threaded.wasm`, 'the request');
  const [wanted] = Object.values(squeezenet.outputs);
  got.data.forEach((text, i) => ok(Math.abs(text - wanted.data[i]) < 1e-6, `${text} is not near ${wanted.data[i]}`));
  const strict = await relaxed.InferenceSession.create(squeezenet.bytes, { determinism: 'strict' });
  equal(plainOf(await strict.run(tensorsOf(relaxed, squeezenet.feeds))), squeezenet.outputs, 'with strict determinism');
  await strict.release();
});
