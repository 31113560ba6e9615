// The front of the benchmark: node bench.mjs --models DIR... [option...] [NAME...]
//   --apus FILE         the native command; --python FILE is a Python where onnxruntime may be found
//   --peer DIR          a module with the ort surface, or its folder; --peer-name says in tables what it is
//   --pairs 5 --seconds 1 --rounds 3    turns of each side and how long one is; processes for what a fresh one pays
//   --simd relaxed      takes the wasm file with relaxed SIMD
//   --hosts 'node chromium native' --threads '1 2' --parts 'models growth kernels'   do with less
//   --quick             little of everything, to try it out
//   --out FILE          results as JSON; the chart lies beside it, as .svg
// The hosts are programs of hosts/ that do one job each, in a process of its own, and print its answer as a line of
// JSON; here the answers become one document (`Results`), tables and a chart. Progress goes to stderr.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chart, panelsOf } from './chart.mjs';
import { title } from './docs.mjs';
import { asText, circumstances, number, tablesOf } from './report.mjs';
import { median } from './statistics.mjs';

/**
 * @typedef {{ median: number, least: number }} Times  milliseconds a run
 * @typedef {{ create: number, first: number, cold: number, memory: number }} Fresh  milliseconds, MB
 * @typedef {object} Results
 * @property {string} date
 * @property {boolean} quick
 * @property {{ processor: string, cores: number, memory: number, system: string, load: number }} machine  memory in GB
 * @property {{ version: string, commit: string }} apus
 * @property {{ file: string, kind: 'baseline' | 'relaxed', bytes: number }[]} wasm  the files there are
 * @property {Record<string, { version: string }>} hosts
 * @property {{ javascript?: string, native?: string }} peers
 * @property {{ pairs: number, seconds: number, rounds: number }} settings
 * @property {{ host: string, model: string, threads: number, wasm?: string, ours: Times, peer?: Times, ratio?: number,
 *   one?: Times, faster?: number, error?: string }[]} rows  ratio: peer / ours; faster: one thread / these
 * @property {{ host: string, model: string, ours?: Fresh, peer?: Fresh }[]} fresh
 * @property {object} [growth]  see growth.mjs
 * @property {object} [kernels]  see kernels.mjs
 * @property {string[]} failures
 */

const { values: given, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: 'string', multiple: true, default: [] },
    apus: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    peer: { type: 'string' },
    'peer-name': { type: 'string' },
    pairs: { type: 'string' },
    seconds: { type: 'string' },
    rounds: { type: 'string' },
    simd: { type: 'string' },
    hosts: { type: 'string', default: 'node chromium native' },
    threads: { type: 'string', default: '1 2' },
    parts: { type: 'string', default: 'models growth kernels' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string', default: 'dist/bench/results.json' },
  },
});
const few = given.quick ? { pairs: 1, seconds: 0.05, rounds: 1 } : { pairs: 5, seconds: 1, rounds: 3 };
const settings = Object.fromEntries(Object.entries(few).map(([key, few]) => [key, Number(given[key] ?? few)]));
const words = (text) => text.split(/\s+/).filter(Boolean);
const threads = words(given.threads).map(Number);
const parts = words(given.parts);

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const tell = (text) => process.stderr.write(`${text}\n`);
const output = (command, ...words) =>
  execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 });

/** The program of each host, and what every job of it is given. */
const programs = {
  node: { command: [process.execPath, here('hosts/node.mjs')], job: { peer: given.peer, simd: given.simd } },
  chromium: { command: [process.execPath, here('hosts/chromium.mjs')], job: { peer: given.peer, simd: given.simd } },
  native: { command: [given.python, here('hosts/native.py')], job: { apus: given.apus && path.resolve(given.apus) } },
};

/** What a host answers to a job. */
function ask(host, job) {
  const { command: [program, ...words], job: always } = programs[host];
  let said;
  try {
    said = output(program, ...words, JSON.stringify({ ...always, ...settings, ...job }));
  } catch (error) {
    throw new Error(String(error.stderr ?? '').trim().split('\n').at(-1) || error.message);
  }
  const { error, ...answer } = JSON.parse(said.trim().split('\n').at(-1));
  if (error !== undefined) throw new Error(error);
  return answer;
}

function machine() {
  const system = /PRETTY_NAME="(.*)"/.exec(fs.readFileSync('/etc/os-release', 'utf8'))?.[1] ?? os.type();
  return {
    processor: os.cpus()[0].model.trim(),
    cores: os.availableParallelism(),
    memory: Math.round(os.totalmem() / 2 ** 30),
    system: `${system}, Linux ${os.release().split('-')[0]}`,
    load: Number(os.loadavg()[0].toFixed(2)),
  };
}

function wasmFiles() {
  const folder = here('../js-shim/dist/');
  return Object.entries({ baseline: 'simd', relaxed: 'relaxedsimd' })
    .map(([kind, name]) => ({ kind, file: `ort-wasm-${name}-threaded.wasm` }))
    .filter(({ file }) => fs.existsSync(folder + file))
    .map((row) => ({ ...row, bytes: fs.statSync(folder + row.file).size }));
}

/** NAME.onnx files with inputs beside them: all of the folders, or those named. */
const models = given.models.flatMap((folder) =>
  fs.readdirSync(folder)
    .filter((file) => file.endsWith('.onnx') && fs.existsSync(path.join(folder, file.replace(/onnx$/, 'io'))))
    .map((file) => ({ name: file.slice(0, -'.onnx'.length), model: path.resolve(folder, file) })))
  .filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const missing = wanted.filter((name) => !models.some((model) => model.name === name));
if (parts.includes('models') && (missing.length || !models.length)) {
  tell(`no such model: ${missing.join(', ') || 'NAME.onnx beside NAME.io/'} in ${given.models.join(', ')}`);
  process.exit(2);
}

/** @type {Results} */
const results = {
  date: new Date().toISOString(),
  quick: given.quick,
  machine: machine(),
  apus: {
    version: JSON.parse(fs.readFileSync(here('../js-shim/package.json'))).version,
    commit: output('git', '-C', here('.'), 'rev-parse', '--short', 'HEAD').trim(),
  },
  wasm: wasmFiles(),
  hosts: {},
  peers: {},
  settings,
  rows: [],
  fresh: [],
  failures: [],
};

/** A peer that cannot run a model is told of; what of ours is not measured makes the run fail. */
function failed(what, error, side = 'ours') {
  const line = `${what}: ${error?.message ?? error}`;
  results.failures.push(line);
  if (side === 'ours') process.exitCode = 1;
  tell(`FAILED ${line}`);
}

// Which hosts there are, and who stands beside ours on them.
for (const host of words(given.hosts)) {
  try {
    const { peer, ...about } = ask(host, { kind: 'about' });
    results.hosts[host] = about;
    if (host === 'native' && peer) results.peers.native = `onnxruntime ${peer}`;
    if (host === 'node' && given.peer) results.peers.javascript = peer ? `onnxruntime-web ${peer}` : undefined;
  } catch (error) {
    failed(host, error);
  }
}
if (given.peer) results.peers.javascript = given['peer-name'] ?? results.peers.javascript ?? 'onnxruntime-web';
const hosts = Object.keys(results.hosts);
if (results.machine.load > 0.5) tell(`the machine is busy: its load is ${results.machine.load}; times will be off`);

const hasPeer = (host) => !!results.peers[host === 'native' ? 'native' : 'javascript'];
const jobs = parts.includes('models') ? models.length * hosts.length * (threads.length + 1) : 0;
const progress = { done: 0 };
const step = (text) => tell(`[${String(++progress.done).padStart(String(jobs).length)}/${jobs}] ${text}`);

function speed(host, { name, model }, count) {
  const sides = [...(count > 1 ? ['one'] : []), 'ours', ...(hasPeer(host) ? ['peer'] : [])];
  const { wasmBytes, memory, peerError, ...row } = ask(host, { kind: 'turns', model, threads: count, sides });
  const wasm = wasmBytes && (results.wasm.find(({ bytes }) => bytes === wasmBytes)?.file ?? `${wasmBytes} bytes`);
  results.rows.push({ host, model: name, threads: count, ...(wasm && { wasm }), ...row });
  if (peerError) failed(`${host}, ${name}, the peer`, peerError, 'peer');
  const beside = row.peer ? `, ${row.ratio.toFixed(2)} times as fast as ${number(row.peer.median)} ms` : '';
  return `${number(row.ours.median)} ms${beside}`;
}

function fresh(host, { name, model }) {
  const sides = ['ours', ...(hasPeer(host) ? ['peer'] : [])];
  const seen = Object.fromEntries(sides.map((side) => [side, []]));
  const failing = new Set();
  for (let round = 0; round < settings.rounds; round++) {
    for (const side of sides) {
      if (failing.has(side)) continue;
      try {
        const [warm, empty, cold] = ['fresh', 'empty', 'cold'].map((kind) => ask(host, { kind, model, sides: [side] }));
        seen[side].push({ ...warm, cold: cold.cold, memory: warm.memory - empty.memory });
      } catch (error) {
        failing.add(side);
        failed(`${host}, ${name}, a fresh process, ${side}`, error, side);
      }
    }
  }
  const row = { host, model: name };
  for (const side of sides) {
    if (seen[side].length === 0) continue;
    row[side] = Object.fromEntries(
      Object.keys(seen[side][0]).map((key) => [key, median(seen[side].map((one) => one[key]))]));
  }
  if (row.ours || row.peer) results.fresh.push(row);
  if (!row.ours) return 'failed';
  const { create, first, cold, memory } = row.ours;
  return `create ${number(create)} ms, first run ${number(first)} ms, cold ${number(cold)} ms, ${number(memory)} MB`;
}

/** Six digits are more than any clock has. */
const rounded = (_, value) =>
  (typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value);

const write = () => {
  const file = path.resolve(given.out);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `${JSON.stringify(results, rounded, 1)}\n`);
  return file;
};

if (parts.includes('models')) {
  for (const model of models) {
    for (const host of hosts) {
      const kinds = [
        ...threads.map((count) => [`${count} thread${count > 1 ? 's' : ''}`, () => speed(host, model, count)]),
        ['a fresh process', () => fresh(host, model)],
      ];
      for (const [what, act] of kinds) {
        try {
          step(`${model.name}, ${host}, ${what}: ${act()}`);
        } catch (error) {
          step(`${model.name}, ${host}, ${what}: failed`);
          failed(`${host}, ${model.name}, ${what}`, error);
        }
      }
    }
    write();
  }
}

/** Scripts that measure by themselves, in Node, and write JSON. */
const scripts = {
  growth: () => ['--check', '--seconds', given.quick ? '0.03' : '0.3', '--threads', counts().join()],
  kernels: () => ['--turns', given.quick ? '1' : '9'],
};
/** 1, 2, 4 and so on, up to the cores there are. */
function counts() {
  const powers = Array.from({ length: 5 }, (_, i) => 2 ** i);
  return powers.filter((count) => count <= Math.max(2, results.machine.cores));
}
for (const [part, flags] of Object.entries(scripts)) {
  if (!parts.includes(part)) continue;
  const file = path.join(os.tmpdir(), `apus-bench-${process.pid}.json`);
  tell(`${part}, node`);
  try {
    output(process.execPath, here(`${part}.mjs`), '--json', file, ...flags());
  } catch (error) {
    failed(part, String(error.stderr).trim() || error);
  }
  if (fs.existsSync(file)) results[part] = JSON.parse(fs.readFileSync(file));
  fs.rmSync(file, { force: true });
}

const file = write();
console.log(circumstances(results));
for (const table of Object.values(tablesOf(results)).flat()) console.log(`\n${asText(table)}`);
console.log(`\n${file}`);
if (results.rows.length) {
  const drawing = file.replace(/\.json$/, '') + '.svg';
  fs.writeFileSync(drawing, chart(title, panelsOf(results)));
  console.log(drawing);
}
if (results.failures.length) console.log(`\nnot measured:\n  ${results.failures.join('\n  ')}`);
