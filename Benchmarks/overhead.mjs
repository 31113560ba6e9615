// Times `run` on a model of one tiny node, which is all overhead:
//   node Benchmarks/overhead.mjs [--peer DIR] [--pairs 99] [--runs 1000]
// As in bench.mjs, a peer takes turns with ours in one process after a warm-up of both. The ratio is the median over
// the pairs of our time / peer time: below 1 we are faster.
import { pathToFileURL } from 'node:url';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { model, node, value } from '../js-shim/test/support/onnx.js';
import { bundle, openPeer } from './runtimes.mjs';
import { median } from './statistics.mjs';

const { values: given } = parseArgs({
  options: {
    runtime: { type: 'string', default: bundle },
    peer: { type: 'string' },
    pairs: { type: 'string', default: '99' },
    runs: { type: 'string', default: '1000' },
  },
});
const runs = Number(given.runs);

const add = model({
  nodes: [node('Add', ['a', 'b'], ['c'])],
  inputs: [value('a', 'float32', [4]), value('b', 'float32', [4])],
  outputs: [value('c', 'float32', [4])],
});
const feeds = {
  a: { type: 'float32', dims: [4], data: Float32Array.of(1, 2, 3, 4) },
  b: { type: 'float32', dims: [4], data: Float32Array.of(5, 6, 7, 8) },
};

async function openOurs() {
  const ort = await import(pathToFileURL(path.resolve(given.runtime)));
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(add);
  const tensors = {};
  for (const [name, { type, data, dims }] of Object.entries(feeds)) tensors[name] = new ort.Tensor(type, data, dims);
  return { run: () => session.run(tensors), runSync: session.runSync && (() => session.runSync(tensors)) };
}

/** Microseconds a run. */
async function time(run) {
  const start = performance.now();
  for (let i = 0; i < runs; i++) await run();
  return ((performance.now() - start) / runs) * 1000;
}

const ours = await openOurs();
const sides = { run: ours.run, ...(ours.runSync && { runSync: ours.runSync }) };
if (given.peer) sides.peer = (await (await openPeer(given.peer))(add, feeds)).run;
for (let i = 0; i < 20; i++) for (const run of Object.values(sides)) await time(run);
const turns = [];
for (let pair = 0; pair < Number(given.pairs); pair++) {
  const turn = {};
  const order = Object.keys(sides);
  if (pair % 2) order.reverse();
  for (const name of order) turn[name] = await time(sides[name]);
  turns.push(turn);
}
console.log(`Node ${process.version}, microseconds a run of Add on four floats`);
for (const name of Object.keys(sides)) {
  const beside = given.peer && name !== 'peer' ? median(turns.map((turn) => turn[name] / turn.peer)) : undefined;
  const ratio = beside === undefined ? '' : `  ours/peer ${beside.toFixed(3)}`;
  console.log(`${name.padEnd(8)} ${median(turns.map((turn) => turn[name])).toFixed(2).padStart(7)}${ratio}`);
}
process.exit();
