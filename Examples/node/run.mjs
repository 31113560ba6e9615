// Runs any model once with inputs made up from its metadata, and prints what came out:
//   node Examples/node/run.mjs model.onnx [dim=size …]
// A dim that the model leaves open has size 1, or what is said after the model: batch=4 sequence=128.
import * as ort from '../../js-shim/dist/ort.node.min.mjs';

const [path, ...sizes] = process.argv.slice(2);
if (!path) {
  console.error('usage: node Examples/node/run.mjs model.onnx [dim=size …]');
  process.exit(2);
}
const sizeOf = new Map(sizes.map((text) => text.split('=')).map(([dim, size]) => [dim, Number(size)]));

/** A tensor of that type and shape: a wave for floats, zeros else, which every table of embeddings has a row for. */
function madeUp({ type, shape }) {
  const dims = shape.map((dim) => (typeof dim === 'number' ? dim : sizeOf.get(dim) ?? 1));
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (type === 'string') return new ort.Tensor(type, new Array(count).fill('text'), dims);
  if (type === 'float16') return new ort.Tensor(type, new Uint16Array(count), dims);
  const isFloat = type === 'float32' || type === 'float64';
  const element = isFloat ? (_, i) => Math.sin(i) : type.endsWith('64') ? () => 0n : () => 0;
  return new ort.Tensor(type, Array.from({ length: count }, element), dims);
}

try {
  const started = performance.now();
  const session = await ort.InferenceSession.create(path);
  const loaded = performance.now();
  const feeds = Object.fromEntries(session.inputMetadata.map((input) => [input.name, madeUp(input)]));
  const outputs = await session.run(feeds);
  const ran = performance.now();

  const row = (side, [name, { type, dims, data }]) => ({
    '': side,
    name,
    type,
    shape: `[${dims.join(', ')}]`,
    'first elements': Array.from(data.slice(0, 4), (element) => element.toString().slice(0, 9)).join(' '),
  });
  console.table([
    ...Object.entries(feeds).map((entry) => row('in', entry)),
    ...Object.entries(outputs).map((entry) => row('out', entry)),
  ]);
  console.log(`loaded in ${(loaded - started).toFixed(0)} ms, ran in ${(ran - loaded).toFixed(0)} ms`);
  await session.release();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
