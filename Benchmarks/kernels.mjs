// Times single kernels in this Node, each beside the peak of 128-bit multiply-adds measured next to it:
//   node Benchmarks/kernels.mjs [--runtime FILE] [--turns 9] [--least 0] [--json FILE] [NAME...]
// A row shows the best milliseconds of one node, 10⁹ operations a second (two for each product of the definition, so
// that a kernel with fewer products can be above the peak), and the median over the turns of their share of the peak.
// With --least, products of matrices below that share fail.
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { initializer, model, node, value } from '../js-shim/test/support/onnx.js';
import { bundle } from './runtimes.mjs';
import { median } from './statistics.mjs';

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runtime: { type: 'string', default: bundle },
    turns: { type: 'string', default: '9' },
    least: { type: 'string', default: '0' },
    json: { type: 'string' },
  },
});

const chains = 12;
/** A function (count, x) of `chains` sums that do not wait for each other: s ← s · x + x, fused where that can be. */
function peakModule(isFused) {
  const simd = (...code) => [0xfd, ...code];
  const each = (body) => Array.from({ length: chains }, (_, i) => body(i + 2)).flat();
  const step = isFused
    ? (s) => [0x20, s, 0x20, 14, 0x20, 14, ...simd(0x85, 2), 0x21, s]
    : (s) => [0x20, s, 0x20, 14, ...simd(0xe6, 1), 0x20, 14, ...simd(0xe4, 1), 0x21, s];
  const code = [
    ...[1, chains + 1, 0x7b],
    ...each((s) => [0x20, 1, ...simd(0x13), 0x21, s]),
    ...[0x20, 1, ...simd(0x13), 0x21, 14],
    ...[0x03, 0x40, ...each(step), 0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b],
    ...[0x20, 2, ...each((s) => [0x20, s, ...simd(0xe4, 1)]), ...simd(0x1f, 0), 0x0b],
  ];
  const size = (count) => [(count & 127) | 128, count >> 7];
  const body = [...size(code.length), ...code];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 7, 1, 0x60, 2, 0x7f, 0x7d, 1, 0x7d, 3, 2, 1, 0],
    ...[7, 7, 1, 3, ...Buffer.from('run'), 0, 0, 10, ...size(body.length + 1), 1, ...body],
  ]);
}
const isFused = WebAssembly.validate(peakModule(true));
const { run: multiplyAdd } = new WebAssembly.Instance(new WebAssembly.Module(peakModule(isFused))).exports;

/** 10⁹ operations a second. */
function peak() {
  const count = 200_000;
  let least = Infinity;
  for (let i = 0; i < 9; i++) {
    const start = performance.now();
    multiplyAdd(count, 0.5);
    least = Math.min(least, performance.now() - start);
  }
  return (count * chains * 8) / least / 1e6;
}

const mixed = (count) => Float32Array.from({ length: count }, (_, i) => ((i * 7919) % 2003) / 1001.5 - 1);

/** A model of one node with constant weights, what it is fed, and how many operations it is. */
function one(opType, type, dims, weightType, weightDims, outputType, operations, attributes) {
  const count = (sizes) => sizes.reduce((product, size) => product * size, 1);
  const bytes = (length) => Int8Array.from({ length }, (_, i) => (i * 7919) % 255);
  const weights = weightType === 'float32' ? mixed(count(weightDims)) : bytes(count(weightDims));
  return {
    operations,
    feed: [type, type === 'float32' ? mixed(count(dims)) : new Uint8Array(bytes(count(dims)).buffer), dims],
    bytes: model({
      nodes: [node(opType, ['x', 'w'], ['y'], attributes, opType)],
      inputs: [value('x', type, dims)],
      outputs: [value('y', outputType)],
      initializers: [initializer('w', weightType, weightDims, weights)],
    }),
  };
}
const product = (m, n, k) => one('MatMul', 'float32', [m, k], 'float32', [k, n], 'float32', 2 * m * n * k);
const bytes = (m, n, k) => one('MatMulInteger', 'uint8', [m, k], 'int8', [k, n], 'int32', 2 * m * n * k);
/** A convolution whose output is [filters, side, side]. */
const convolution = (channels, filters, side, kernel, group = 1) => {
  const reach = side + kernel - 1;
  const operations = 2 * filters * (channels / group) * kernel ** 2 * side ** 2;
  const weights = [filters, channels / group, kernel, kernel];
  return one('Conv', 'float32', [1, channels, reach, reach], 'float32', weights, 'float32', operations, { group });
};
const kernels = {
  'MatMul 512x512x512': () => product(512, 512, 512),
  'MatMul 128x1536x384': () => product(128, 1536, 384),
  'MatMul 197x192x768': () => product(197, 192, 768),
  'MatMul 1x8192x1024': () => product(1, 8192, 1024),
  'MatMulInteger 128x1536x384': () => bytes(128, 1536, 384),
  'Conv 1x1 256 to 64, 56x56': () => convolution(256, 64, 56, 1),
  'Conv 1x1 960 to 160, 7x7': () => convolution(960, 160, 7, 1),
  'Conv 3x3 64 to 64, 56x56': () => convolution(64, 64, 56, 3),
  'Conv 3x3 512 to 512, 7x7': () => convolution(512, 512, 7, 3),
  'Conv 3x3 depthwise 144, 56x56': () => convolution(144, 144, 56, 3, 144),
  'Conv 3x3 depthwise 960, 7x7': () => convolution(960, 960, 7, 3, 960),
};

const ort = await import(pathToFileURL(path.resolve(given.runtime)));
ort.env.wasm.numThreads = 1;
/** A function that answers the least milliseconds of the node over some runs. */
async function open({ bytes, feed: [type, data, dims] }) {
  const session = await ort.InferenceSession.create(bytes);
  const x = new ort.Tensor(type, data, dims);
  return async (share) => {
    let least = Infinity;
    for (const start = performance.now(); performance.now() - start < share;) {
      session.startProfiling();
      await session.run({ x });
      least = Math.min(least, session.endProfiling().reduce((sum, { milliseconds }) => sum + milliseconds, 0));
    }
    return least;
  };
}

console.log(`Node ${process.version}, 1 thread, peak of ${isFused ? 'fused' : 'separate'} multiply-adds`);
console.log(`${'kernel'.padEnd(30)} ${'ms'.padStart(8)} ${'10^9/s'.padStart(8)} ${'peak'.padStart(6)}`);
const results = [];
for (const [name, make] of Object.entries(kernels)) {
  if (positionals.length > 0 && !positionals.some((wanted) => name.includes(wanted))) continue;
  const kernel = make();
  const run = await open(kernel);
  await run(300);
  const turns = [];
  for (let i = 0; i < Number(given.turns); i++) {
    const rate = peak();
    const ms = await run(100);
    turns.push({ ms, share: kernel.operations / ms / 1e6 / Math.max(rate, peak()) });
  }
  const ms = Math.min(...turns.map((turn) => turn.ms));
  const share = median(turns.map((turn) => turn.share));
  const isLow = name.startsWith('MatMul ') && !name.includes(' 1x') && share < Number(given.least);
  const rate = kernel.operations / ms / 1e6;
  results.push({ name, ms, rate, share });
  const percent = `${(100 * share).toFixed(0)} %`;
  const cells = `${ms.toFixed(3).padStart(8)} ${rate.toFixed(1).padStart(8)} ${percent.padStart(6)}`;
  console.log(`${name.padEnd(30)} ${cells}${isLow ? `  BELOW ${given.least}` : ''}`);
  if (isLow) process.exitCode = 1;
}
if (given.json) fs.writeFileSync(given.json, `${JSON.stringify({ isFused, kernels: results }, null, 1)}\n`);
process.exit();
