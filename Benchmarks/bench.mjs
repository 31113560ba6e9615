// Times a folder of models (NAME.onnx beside NAME.io/) in this Node:
//   node bench.mjs --models DIR [--threads 1] [--peer DIR [--peer-runtime DIR]] [--pairs 5] [--seconds 1] [NAME...]
// Ours and a peer (see runtimes.mjs) take turns in one process, after a warm-up of both, and a row shows the median
// over the pairs of peer time / our time: above 1 we are faster. Times drift with the machine, ratios of neighbours do
// not.
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { bundle, modelsIn, openOurs, openPeer } from './runtimes.mjs';
import { geomean, median } from './statistics.mjs';

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: 'string' },
    runtime: { type: 'string', default: bundle },
    peer: { type: 'string' },
    'peer-runtime': { type: 'string' },
    threads: { type: 'string', default: '1' },
    pairs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const pairs = Number(given.pairs), share = Number(given.seconds) * 1000;

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

const models = modelsIn(given.models, positionals);
const threads = Number(given.threads);
const ours = await openOurs({ runtime: given.runtime, threads });
// Our workers start before the peer does, which may bring a global Worker of its own to this process.
if (threads > 1) await (await ours(models[0].model, models[0].feeds)).release();
const peer = given.peer && (await openPeer(given.peer, { runtime: given['peer-runtime'], threads }));
const width = Math.max(...models.map(({ name }) => name.length), 5);
const columns = peer
  ? ['ours ms', 'peer ms', 'peer/ours', 'create', 'peer', 'first', 'peer']
  : ['ours ms', 'create', 'first'];
const show = (name, cells) =>
  console.log(`${name.padEnd(width)}  ${cells.map((cell) => String(cell).padStart(9)).join('  ')}`);
console.log(`Node ${process.version}, ${threads} thread${threads > 1 ? 's' : ''}, ${pairs} turns of ${share / 1000} s`);
show('model', columns);
const results = [];
for (const { name, model, feeds } of models) {
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
