// What a model costs in a process of its own, in this Node:
//   node fresh.mjs --models DIR [--peer DIR|FILE] [--rounds 3] [--json FILE] [NAME...]
// cold: from the import of the runtime to the end of the first run. create: from bytes in memory, after a tiny model
// had the wasm compiled. first: the first run. memory: the high-water mark of a process that creates and runs three
// times, less that of a process that does nothing. Each figure is the median over rounds in which ours and the peer
// take turns; ratios are peer / ours, so that above 1 we need less.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { model, node, value } from '../js-shim/test/support/onnx.js';
import { bundle, modelsIn, openOurs, openPeer } from './runtimes.mjs';
import { geomean, median } from './statistics.mjs';

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: 'string' },
    runtime: { type: 'string', default: bundle },
    peer: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'string' },
    // What a child process does.
    child: { type: 'string' },
    side: { type: 'string' },
  },
});

const figures = { cold: 'ms', create: 'ms', first: 'ms', memory: 'MB' };
const open = () => (given.side === 'peer' ? openPeer(given.peer) : openOurs({ runtime: given.runtime }));
const megabytes = () => process.resourceUsage().maxRSS / 1024;

/** What a child process measures, printed as JSON. */
const children = {
  empty: async () => ({ memory: megabytes() }),

  async cold({ bytes, feeds }) {
    const begun = performance.now();
    const session = await (await open())(bytes, feeds);
    await session.run();
    return { cold: performance.now() - begun };
  },

  async warm({ bytes, feeds }) {
    const create = await open();
    const tiny = model({
      nodes: [node('Add', ['a', 'a'], ['b'])],
      inputs: [value('a', 'float32', [1])],
      outputs: [value('b', 'float32', [1])],
    });
    await (await create(tiny, {})).release();
    const begun = performance.now();
    const session = await create(bytes, feeds);
    const created = performance.now() - begun;
    const first = await session.run();
    for (let i = 0; i < 2; i++) await session.run();
    return { create: created, first, memory: megabytes() };
  },
};

if (given.child) {
  const [chosen] = modelsIn(given.models, positionals);
  const bytes = given.child === 'empty' ? undefined : new Uint8Array(fs.readFileSync(chosen.model));
  console.log(JSON.stringify(await children[given.child]({ ...chosen, bytes })));
  process.exit();
}

function child(kind, side, name) {
  const paths = Object.entries({ models: given.models, runtime: given.runtime, peer: given.peer });
  const flags = paths.filter(([, path]) => path !== undefined).flatMap(([key, path]) => [`--${key}`, path]);
  const words = [fileURLToPath(import.meta.url), '--child', kind, '--side', side, ...flags, name];
  const lines = execFileSync(process.execPath, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return JSON.parse(lines.trim().split('\n').at(-1));
}

const sides = given.peer ? ['ours', 'peer'] : ['ours'];
const rounds = Number(given.rounds);
const models = modelsIn(given.models, positionals);
const width = Math.max(...models.map(({ name }) => name.length), 'geomean'.length);
const cell = (text) => String(text).padStart(10);
const show = (name, cells) => console.log(`${name.padEnd(width)} ${cells.map(cell).join('')}`);

console.log(`Node ${process.version}, 1 thread, a process for each figure, median of ${rounds}`);
const beside = given.peer ? ['peer', 'ratio'] : [];
show('', Object.entries(figures).flatMap(([name, unit]) => [`${name} ${unit}`, ...beside]));
const results = [];
for (const { name } of models) {
  const seen = { ours: [], peer: [] };
  for (let round = 0; round < rounds; round++) {
    for (const side of sides) {
      if (process.stderr.isTTY) process.stderr.write(`\r${name}, ${side}, ${round + 1} of ${rounds}\x1b[K`);
      const warm = child('warm', side, name);
      const empty = child('empty', side, name);
      seen[side].push({ ...warm, ...child('cold', side, name), memory: warm.memory - empty.memory });
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  const row = { name };
  for (const figure of Object.keys(figures)) {
    for (const side of sides) (row[side] ??= {})[figure] = median(seen[side].map((one) => one[figure]));
    if (given.peer) (row.ratio ??= {})[figure] = row.peer[figure] / row.ours[figure];
  }
  results.push(row);
  show(name, Object.keys(figures).flatMap((figure) => [
    row.ours[figure].toFixed(0), ...(given.peer ? [row.peer[figure].toFixed(0), row.ratio[figure].toFixed(2)] : [])]));
}
if (given.peer) {
  const mean = (figure) => geomean(results.map(({ ratio }) => ratio[figure])).toFixed(2);
  show('geomean', Object.keys(figures).flatMap((figure) => ['', '', mean(figure)]));
}
if (given.json) fs.writeFileSync(given.json, `${JSON.stringify(results, null, 1)}\n`);
