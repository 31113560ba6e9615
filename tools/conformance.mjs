// Runs cases with known answers through ort.InferenceSession in this Node, in the current folder:
//   node conformance.mjs BUNDLE [--plain] [--rtol X] [--atol X] [--max-relative X] [--quantum N] --list FILE
// FILE has a case a line, KIND/NAME; the tolerances are those of `apus test`. Prints a JSON object a case:
// {"name", "ok", "reason"}.
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { readValue, widen, widenBrain } from './tensorproto.mjs';

const string = { type: 'string' };
const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: { plain: { type: 'boolean' }, rtol: string, atol: string, 'max-relative': string, quantum: string,
    list: string },
});
const [rtol, atol, quantum] = [given.rtol ?? 1e-3, given.atol ?? 1e-7, given.quantum ?? 0].map(Number);
const overMaximum = given['max-relative'] && Number(given['max-relative']);
const ort = await import(pathToFileURL(positionals[0]));
const index = JSON.parse(fs.readFileSync('cases.json'));

/** What quantised numbers are kept in. */
const SMALL = new Set(['int8', 'uint8', 'int16', 'uint16']);

/** The element as a number; formats below 16 bits as their bits, which differ where the numbers do. */
function reader(type, data) {
  // A runtime may hand float16 out as bits or, where there is one, as a Float16Array of numbers.
  if (type === 'float16' && data instanceof Uint16Array) return (i) => widen(data[i]);
  if (type === 'bfloat16') return (i) => widenBrain(data[i]);
  // Three bit patterns of this format, of either sign, are NaN; the others have one.
  if (type === 'float8e5m2') return (i) => ((data[i] & 127) > 124 ? NaN : data[i]);
  return (i) => Number(data[i]);
}

/** How far an element of this magnitude may be off. */
function allowance({ type, data }, wanted, relative) {
  if (!/float/.test(type)) return () => (SMALL.has(type) ? quantum : 0);
  if (overMaximum === undefined) return (magnitude) => atol + relative * magnitude;
  let largest = 0;
  for (let i = 0; i < data.length; i++) {
    const magnitude = Math.abs(wanted(i));
    if (magnitude < Infinity && magnitude > largest) largest = magnitude;
  }
  return () => overMaximum * largest;
}

/** Why `got` is not the tensor expected, or null; of what is random only type and shape are compared. */
function mismatchOfTensors(expected, got, isRandom) {
  if (got.type !== expected.type) return `type ${got.type}, expected ${expected.type}`;
  if (String(got.dims) !== String(expected.dims)) return `shape [${got.dims}], expected [${expected.dims}]`;
  if (isRandom) return null;
  // Two elements share a byte; the upper half of the last byte of an odd count means nothing.
  if (expected.type.endsWith('int4') && expected.dims.reduce((a, b) => a * b, 1) % 2 === 1) {
    for (const { data } of [expected, got]) data[data.length - 1] &= 15;
  }
  // The suite grants bfloat16 two units in the last place.
  const relative = expected.type === 'bfloat16' ? Math.max(rtol, 2 ** -6) : rtol;
  const [actual, wanted] = [reader(got.type, got.data), reader(expected.type, expected.data)];
  const allowed = allowance(expected, wanted, relative);
  let worst = -1, at = 0;
  for (let i = 0; i < expected.data.length; i++) {
    if (expected.data[i] === got.data[i]) continue;
    // Strings, and int64 in which Number would lose digits.
    if (typeof expected.data[i] !== 'number') return `element ${i} is '${got.data[i]}', expected '${expected.data[i]}'`;
    const a = actual(i), b = wanted(i);
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    const excess = Math.abs(a - b) - allowed(Math.abs(b));
    if (!(excess <= 0) && !(excess <= worst)) [worst, at] = [excess, i];
  }
  if (worst < 0) return null;
  return `element ${at} is ${actual(at)}, expected ${wanted(at)}`;
}

/** Why `got` is not the value expected, or null. */
function mismatch(expected, got, isRandom) {
  if (expected === null) return got === null ? null : 'is not empty';
  if (got === null || got === undefined) return 'is empty';
  if (!Array.isArray(expected)) return mismatchOfTensors(expected, got, isRandom);
  if (!Array.isArray(got) || got.length !== expected.length) return `is no sequence of ${expected.length}`;
  const wrong = expected.map((element, i) => [i, mismatch(element, got[i], isRandom)]).find(([, why]) => why);
  return wrong ? `at ${wrong[0]}: ${wrong[1]}` : null;
}

/** What is read from a file as what `run` takes. */
const fed = (value) =>
  value === null ? null : Array.isArray(value) ? value.map(fed) : new ort.Tensor(value.type, value.data, value.dims);

/** Why the case fails, or null. */
async function run(name) {
  const { inputs, outputs, random } = index[name];
  const path = (kind, k) => `${name}/test_data_set_0/${kind}_${k}.pb`;
  const read = (kind, k, [, type]) => readValue(fs.readFileSync(path(kind, k)), type);
  const feeds = {};
  inputs.forEach((info, k) => {
    if (fs.existsSync(path('input', k))) feeds[info[0]] = fed(read('input', k, info));
  });
  const expected = outputs.map((info, k) => read('output', k, info));
  const session = await ort.InferenceSession.create(`${name}/model.onnx`, {
    graphOptimizationLevel: given.plain ? 'disabled' : 'all',
  });
  try {
    const results = await session.run(feeds);
    for (let k = 0; k < outputs.length; k++) {
      const wrong = mismatch(expected[k], results[outputs[k][0]], random);
      if (wrong) return `output '${outputs[k][0]}': ${wrong}`;
    }
    return null;
  } finally {
    await session.release();
  }
}

for (const name of fs.readFileSync(given.list, 'utf8').split('\n').filter(Boolean)) {
  let reason;
  try {
    reason = await run(name);
  } catch (error) {
    reason = error?.message ?? String(error);
  }
  fs.writeSync(1, JSON.stringify({ name, ok: reason === null, reason }) + '\n');
}
process.exit(0);
