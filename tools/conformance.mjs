// Runs cases of the ONNX backend suite through ort.InferenceSession in this Node, in the current folder:
//   node conformance.mjs BUNDLE RTOL ATOL LIST
// LIST has a case a line, KIND/NAME. Prints a JSON object a case: {"name", "ok", "reason"}.
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { arrayOf, readTensor, widen } from './tensorproto.mjs';

const [bundle, rtol, atol, list] = process.argv.slice(2);
const ort = await import(pathToFileURL(bundle));
const index = JSON.parse(fs.readFileSync('cases.json'));

/** Why `got` is not the tensor expected, or null. */
function mismatch(expected, got) {
  if (!got) return 'no such output';
  if (got.type !== expected.type) return `type ${got.type}, expected ${expected.type}`;
  if (String(got.dims) !== String(expected.dims)) return `shape [${got.dims}], expected [${expected.dims}]`;
  const half = expected.type === 'float16' && arrayOf('float16').prototype;
  // A runtime may hand float16 out as bits or, where there is one, as a Float16Array of numbers.
  const number = (data, i) => (half && Object.getPrototypeOf(data) === half ? widen(data[i]) : Number(data[i]));
  // Two elements share a byte; the upper half of the last byte of an odd count means nothing.
  if (expected.type.endsWith('int4') && expected.dims.reduce((a, b) => a * b, 1) % 2 === 1) {
    for (const { data } of [expected, got]) data[data.length - 1] &= 15;
  }
  let worst = -1, at = 0;
  for (let i = 0; i < expected.data.length; i++) {
    if (typeof expected.data[i] === 'string') {
      if (expected.data[i] !== got.data[i]) return `element ${i} is '${got.data[i]}', expected '${expected.data[i]}'`;
      continue;
    }
    if (typeof expected.data[i] === 'bigint' && expected.data[i] === got.data[i]) continue;
    const a = number(got.data, i), b = number(expected.data, i);
    if (Object.is(a, b) || a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    const excess = Math.abs(a - b) - (Number(atol) + Number(rtol) * Math.abs(b));
    if (!(excess <= 0) && !(excess <= worst)) [worst, at] = [excess, i];
  }
  if (worst < 0) return null;
  return `element ${at} is ${number(got.data, at)}, expected ${number(expected.data, at)}`;
}

/** Why the case fails, or null. */
async function run(name) {
  const { inputs, outputs } = index[name];
  const other = [...inputs, ...outputs].find(([, kind]) => kind !== 'tensor');
  if (other) return `a ${other[1]} does not cross the JavaScript API`;
  const read = (kind, k) => readTensor(fs.readFileSync(`${name}/test_data_set_0/${kind}_${k}.pb`));
  const feeds = {};
  for (let k = 0; k < inputs.length; k++) {
    if (!fs.existsSync(`${name}/test_data_set_0/input_${k}.pb`)) continue;
    const { type, dims, data } = read('input', k);
    feeds[inputs[k][0]] = new ort.Tensor(type, data, dims);
  }
  const expected = outputs.map((_, k) => read('output', k));
  const session = await ort.InferenceSession.create(`${name}/model.onnx`);
  try {
    const results = await session.run(feeds);
    for (let k = 0; k < outputs.length; k++) {
      const wrong = mismatch(expected[k], results[outputs[k][0]]);
      if (wrong) return `output '${outputs[k][0]}': ${wrong}`;
    }
    return null;
  } finally {
    await session.release();
  }
}

for (const name of fs.readFileSync(list, 'utf8').split('\n').filter(Boolean)) {
  let reason;
  try {
    reason = await run(name);
  } catch (error) {
    reason = error?.message ?? String(error);
  }
  fs.writeSync(1, JSON.stringify({ name, ok: reason === null, reason }) + '\n');
}
process.exit(0);
