// Times a folder of models (NAME.onnx beside NAME.io/) with one thread in this Node:
//   node bench.mjs --models DIR [--peer DIR [--peer-runtime DIR]] [--pairs 5] [--seconds 1] [NAME...]
// A peer is a folder whose ort-web.mjs opens another runtime (openOrtWeb({ dir, numThreads })). Peer and ours then take
// turns in one process, after a warm-up of both, and a row shows the median over the pairs of peer time / our time:
// above 1 we are faster. Times drift with the machine, ratios of neighbours do not.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { readInputs } from '../tools/modelfolder.mjs';
import { geomean, median } from './statistics.mjs';

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: 'string' },
    runtime: { type: 'string', default: fileURLToPath(new URL('../js-shim/dist/ort.node.min.mjs', import.meta.url)) },
    peer: { type: 'string' },
    'peer-runtime': { type: 'string' },
    pairs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const pairs = Number(given.pairs), share = Number(given.seconds) * 1000;

async function openOurs() {
  const ort = await import(pathToFileURL(path.resolve(given.runtime)));
  ort.env.wasm.numThreads = 1;
  return async (model, feeds) => {
    const session = await ort.InferenceSession.create(model);
    const tensors = Object.fromEntries(
      Object.entries(feeds).map(([name, { type, dims, data }]) => [name, new ort.Tensor(type, data, dims)]));
    const run = async () => {
      const start = performance.now();
      await session.run(tensors);
      return performance.now() - start;
    };
    return { run, release: () => session.release() };
  };
}

async function openPeer(folder, runtime) {
  const { openOrtWeb } = await import(pathToFileURL(path.resolve(folder, 'ort-web.mjs')));
  const peer = await openOrtWeb({ dir: runtime ?? folder, numThreads: 1 });
  return async (model, feeds) => {
    const session = await peer.create(fs.readFileSync(model));
    return { run: async () => (await peer.run(session, feeds)).ms, release: () => peer.release(session) };
  };
}

/** Opens a session and warms it up: the engine's optimising compiler takes its time. */
async function start(open, model, feeds) {
  const begun = performance.now();
  const session = await open(model, feeds);
  const create = performance.now() - begun;
  const first = await session.run();
  for (const from = performance.now(), runs = { count: 0 }; runs.count++ < 3 || performance.now() - from < 2 * share;) {
    await session.run();
  }
  return { ...session, create, first };
}

/** The median of the runs that fit into the share of one turn, at least three. */
async function turn(session) {
  const times = [];
  for (const from = performance.now(); times.length < 3 || performance.now() - from < share;) {
    times.push(await session.run());
  }
  return median(times);
}

/** ours, peer: milliseconds a run; ratio: median over the pairs. */
async function compare(ours, peer) {
  const rows = [];
  for (let pair = 0; pair < pairs; pair++) {
    const row = {};
    for (const side of pair % 2 ? ['ours', 'peer'] : ['peer', 'ours']) {
      const session = side === 'ours' ? ours : peer;
      if (session) row[side] = await turn(session);
    }
    rows.push(row);
  }
  return {
    ours: median(rows.map((row) => row.ours)),
    ...(peer && { peer: median(rows.map((row) => row.peer)), ratio: median(rows.map((row) => row.peer / row.ours)) }),
  };
}

const names = fs.readdirSync(given.models)
  .filter((file) => file.endsWith('.onnx') && fs.existsSync(path.join(given.models, file.replace(/onnx$/, 'io'))))
  .map((file) => file.slice(0, -'.onnx'.length))
  .filter((name) => positionals.length === 0 || positionals.includes(name));
const ours = await openOurs();
const peer = given.peer && (await openPeer(given.peer, given['peer-runtime']));
const width = Math.max(...names.map((name) => name.length), 5);
const columns = peer
  ? ['ours ms', 'peer ms', 'peer/ours', 'create', 'peer', 'first', 'peer']
  : ['ours ms', 'create', 'first'];
const show = (name, cells) =>
  console.log(`${name.padEnd(width)}  ${cells.map((cell) => String(cell).padStart(9)).join('  ')}`);
console.log(`Node ${process.version}, 1 thread, ${pairs} turns of ${share / 1000} s`);
show('model', columns);
const results = [];
for (const name of names) {
  const model = path.join(given.models, `${name}.onnx`);
  const feeds = readInputs(path.join(given.models, `${name}.io`));
  try {
    const us = await start(ours, model, feeds);
    const them = peer && (await start(peer, model, feeds));
    const row = await compare(us, them);
    const whole = (ms) => ms.toFixed(0);
    show(name, them
      ? [row.ours.toFixed(2), row.peer.toFixed(2), row.ratio.toFixed(3),
        whole(us.create), whole(them.create), whole(us.first), whole(them.first)]
      : [row.ours.toFixed(2), whole(us.create), whole(us.first)]);
    results.push({ name, ...row });
    await us.release();
    them?.release();
  } catch (error) {
    show(name, [`error: ${error?.message ?? error}`]);
    process.exitCode = 1;
  }
}
if (peer && results.length > 0) {
  const ratios = results.map((row) => row.ratio);
  console.log(`geomean ${geomean(ratios).toFixed(3)}, worst ${Math.min(...ratios).toFixed(3)}`);
}
if (given.json) fs.writeFileSync(given.json, JSON.stringify(results, null, 1));
process.exit();
