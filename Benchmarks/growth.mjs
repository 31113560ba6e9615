// How cost grows, in this Node: node growth.mjs [--threads 1,2] [--seconds 0.3] [--json FILE] [--check]
// One table each for the batch of a convolutional network, the length of a sequence in transformer blocks, the number
// of threads, and the number of nodes (create, and the first run, which plans). The last one is of a decoder whose
// shape changes at every token: what planning takes of its run. The models are made here, with seeded weights.
// With --check, a chain of nodes that takes too long to create fails.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { initializer, model, node, value } from '../js-shim/test/support/onnx.js';
import { bundle, openOurs } from './runtimes.mjs';
import { median } from './statistics.mjs';

const { values: given } = parseArgs({
  options: {
    runtime: { type: 'string', default: bundle },
    threads: { type: 'string', default: '1,2' },
    seconds: { type: 'string', default: '0.3' },
    json: { type: 'string' },
    check: { type: 'boolean', default: false },
  },
});

/** Numbers in -1 to 1, the same each time. */
function noise(count) {
  let state = 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
const product = (dims) => dims.reduce((a, b) => a * b, 1);
const weight = (name, dims) => {
  const fanIn = product(dims.length === 4 ? dims.slice(1) : dims.slice(0, -1));
  return initializer(name, 'float32', dims, noise(product(dims)).map((x) => x / Math.sqrt(fanIn)));
};
const feed = (dims) => ({ type: 'float32', dims, data: noise(product(dims)) });

/** Five convolutions of 3x3, [batch, 3, 64, 64] to [batch, 64, 54, 54]. */
function convolutions() {
  const channels = [3, 32, 32, 64, 64, 64];
  const layers = channels.slice(1).map((_, i) => i);
  return model({
    nodes: layers.flatMap((i) => [node('Conv', [`x${i}`, `w${i}`], [`c${i}`]), node('Relu', [`c${i}`], [`x${i + 1}`])]),
    inputs: [value('x0', 'float32', ['batch', 3, 64, 64])],
    outputs: [value(`x${layers.length}`, 'float32', ['batch', 64, 54, 54])],
    initializers: layers.map((i) => weight(`w${i}`, [channels[i + 1], channels[i], 3, 3])),
  });
}

/** The weights of a block. */
function products(width) {
  const square = [width, width];
  return { q: square, k: square, v: square, up: [width, 4 * width], down: [4 * width, width] };
}

/** Attention with one head and a feed-forward net; with `past`, keys and values go on from those that are fed. */
function block(i, width, past) {
  const name = (stem) => `${stem}${i}`;
  const joined = (stem) => node('Concat', [`past.${name(stem)}`, name(stem)], [`all.${name(stem)}`], { axis: 0 });
  const nodes = [
    ...['q', 'k', 'v'].map((stem) => node('MatMul', [name('x'), `${name(stem)}.w`], [name(stem)])),
    ...(past ? ['k', 'v'].map(joined) : []),
    node('Transpose', [past ? `all.${name('k')}` : name('k')], [name('kt')]),
    node('MatMul', [name('q'), name('kt')], [name('scores')]),
    node('Softmax', [name('scores')], [name('shares')], { axis: -1 }),
    node('MatMul', [name('shares'), past ? `all.${name('v')}` : name('v')], [name('attended')]),
    node('Add', [name('x'), name('attended')], [name('sum')]),
    node('MatMul', [name('sum'), `${name('up')}.w`], [name('up')]),
    node('Relu', [name('up')], [name('active')]),
    node('MatMul', [name('active'), `${name('down')}.w`], [name('down')]),
    node('Add', [name('sum'), name('down')], [`x${i + 1}`]),
  ];
  const initializers = Object.entries(products(width)).map(([stem, dims]) => weight(`${name(stem)}.w`, dims));
  return { nodes, initializers };
}

function transformer(layers, width, past) {
  const blocks = Array.from({ length: layers }, (_, i) => block(i, width, past));
  const kept = past ? blocks.flatMap((_, i) => [`k${i}`, `v${i}`]) : [];
  return model({
    nodes: blocks.flatMap(({ nodes }) => nodes),
    inputs: [
      value('x0', 'float32', [past ? 1 : 'length', width]),
      ...kept.map((name) => value(`past.${name}`, 'float32', ['past', width])),
    ],
    outputs: [value(`x${layers}`, 'float32', [past ? 1 : 'length', width])],
    initializers: blocks.flatMap(({ initializers }) => initializers),
  });
}

/** Additions and products in turn, one behind the other. */
function chain(count) {
  return model({
    nodes: Array.from({ length: count }, (_, i) => node(i % 2 ? 'Add' : 'Mul', [`x${i}`, 'c'], [`x${i + 1}`])),
    inputs: [value('x0', 'float32', [4]), value('c', 'float32', [4])],
    outputs: [value(`x${count}`, 'float32', [4])],
  });
}

/** The median of the runs of `--seconds`, after as long a warm-up. */
async function steady(session) {
  let times;
  for (let turn = 0; turn < 2; turn++) {
    times = [];
    for (const from = performance.now(); times.length < 3 || performance.now() - from < 1000 * given.seconds;) {
      times.push(await session.run());
    }
  }
  return median(times);
}

const open = async (threads = 1) => openOurs({ runtime: given.runtime, threads });
async function timed(bytes, feeds, threads) {
  const session = await (await open(threads))(bytes, feeds);
  const time = await steady(session);
  await session.release();
  return time;
}

const results = {};
function table(title, header, rows) {
  results[title] = rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i]])));
  const cell = (x) => (Number.isInteger(x) || typeof x === 'string' ? `${x}` : x.toFixed(3)).padStart(15);
  const cells = (row) => row.map(cell).join('');
  console.log(`\n${title}\n${cells(header)}`);
  for (const row of rows) console.log(cells(row));
}

/** Rows of size, time and time for one of the size, with how that compares to the first row. */
async function growth(title, unit, sizes, time) {
  const rows = [];
  for (const size of sizes) {
    const ms = await time(size);
    rows.push([size, ms, (1000 * ms) / size, rows.length ? ms / size / (rows[0][1] / rows[0][0]) : 1]);
  }
  table(title, [unit, 'ms', 'us each', 'to the first'], rows);
}

console.log(`Node ${process.version}`);
const images = convolutions();
await growth('batch: five convolutions, 64x64', 'images', [1, 2, 4, 8, 16], (batch) =>
  timed(images, { x0: feed([batch, 3, 64, 64]) }));
const width = 256;
const encoder = transformer(2, width, false);
await growth('sequence: two transformer blocks, 256 wide', 'tokens', [32, 64, 128, 256, 512, 1024], (length) =>
  timed(encoder, { x0: feed([length, width]) }));

const byThreads = [];
for (const threads of given.threads.split(',').map(Number)) {
  const conv = await timed(images, { x0: feed([4, 3, 64, 64]) }, threads);
  const tokens = await timed(encoder, { x0: feed([256, width]) }, threads);
  byThreads.push([threads, conv, (byThreads[0]?.[1] ?? conv) / conv, tokens, (byThreads[0]?.[3] ?? tokens) / tokens]);
}
table('threads', ['threads', '4 images ms', 'images faster', '256 tokens ms', 'tokens faster'], byThreads);

const tiny = { x0: feed([4]), c: feed([4]) };
const byNodes = [];
for (const count of [2_500, 5_000, 10_000, 20_000, 40_000]) {
  const bytes = chain(count);
  const begun = performance.now();
  const session = await (await open())(bytes, tiny);
  const create = performance.now() - begun;
  const first = await session.run();
  byNodes.push([count, create, (1000 * create) / count, first, await steady(session)]);
  await session.release();
}
table('nodes: a chain', ['nodes', 'create ms', 'us a node', 'first run ms', 'run ms'], byNodes);
const [last, before] = [byNodes.at(-1), byNodes.at(-3)];
if (given.check && (last[1] > 3000 || last[2] > 2 * before[2])) {
  console.error(`40,000 nodes must be created within 3 s and in linear time, got ${last[1].toFixed(0)} ms`);
  process.exitCode = 1;
}

/** A row of the table for a decoder: runs with one token more each time, by turns with runs of a known shape. */
async function planning(width) {
  const layers = 8;
  const decoder = transformer(layers, width, true);
  const names = Array.from({ length: layers }, (_, i) => [`past.k${i}`, `past.v${i}`]).flat();
  const ort = await import(pathToFileURL(path.resolve(given.runtime)));
  const session = await ort.InferenceSession.create(decoder, { intraOpNumThreads: 1 });
  const x0 = new ort.Tensor('float32', noise(width), [1, width]);
  const cache = noise(512 * width);
  const feeds = (past) => {
    const kept = new ort.Tensor('float32', cache.subarray(0, past * width), [past, width]);
    return { x0, ...Object.fromEntries(names.map((name) => [name, kept])) };
  };
  const time = async (past) => {
    const fed = feeds(past);
    const begun = performance.now();
    await session.run(fed);
    return performance.now() - begun;
  };
  for (let i = 0; i < 300; i++) await time(64 + (i % 2));
  const [changing, same] = [[], []];
  for (let past = 66; past < 450; past++) {
    changing.push(await time(past));
    same.push(await time(past));
  }
  await session.release();
  return [width, median(changing), median(same), 100 * median(changing.map((ms, i) => 1 - same[i] / ms))];
}
const byWidth = [];
for (const wide of [256, 512, 768]) byWidth.push(await planning(wide));
table('decoder of 8 blocks, one token more each run', ['wide', 'new ms', 'known ms', 'planning %'], byWidth);
if (given.json) fs.writeFileSync(given.json, `${JSON.stringify(results, null, 1)}\n`);
process.exit();
