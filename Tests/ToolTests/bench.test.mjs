// The parts of the benchmark that measure nothing: statistics, turns of made-up runtimes, tables, the chart, the page.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chart, panelsOf, scaleOf } from '../../Benchmarks/chart.mjs';
import { filled } from '../../Benchmarks/docs.mjs';
import { turns } from '../../Benchmarks/jobs.mjs';
import { asMarkdown, asText, freshTable, number, speedTable, tablesOf } from '../../Benchmarks/report.mjs';
import { peerAt } from '../../Benchmarks/runtimes.mjs';
import { geomean, median } from '../../Benchmarks/statistics.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const times = (median) => ({ median, least: median / 2 });

const row = (model, threads, ours, peer, faster) => ({
  host: 'node', model, threads, wasm: 'a.wasm', ours: times(ours),
  ...(peer && { peer: times(peer), ratio: peer / ours }), ...(faster && { faster }),
});
const results = {
  date: '2020-02-03T04:05:06Z',
  quick: false,
  machine: { processor: 'A <fast> & "small" one', cores: 2, memory: 8, system: 'Linux', load: 0.1 },
  apus: { version: '1.2.3', commit: 'abc' },
  wasm: [{ file: 'a.wasm', kind: 'relaxed', bytes: 5 }],
  hosts: { node: { version: '99.1' } },
  peers: { javascript: 'a < b & "c"' },
  settings: { pairs: 5, seconds: 1, rounds: 3 },
  rows: [row('one', 1, 10, 20), row('one', 2, 5, 40, 1.5), row('two', 1, 100, 50), row('two', 2, 60, undefined, 6)],
  fresh: [
    { host: 'node', model: 'one', ours: { create: 10, memory: 20 }, peer: { create: 40, memory: 20 } },
    { host: 'node', model: 'two', ours: { create: 10, memory: 20 } },
  ],
  growth: { batch: [{ images: 1, ms: 0.5 }, { images: 16, ms: 1234.5 }] },
  kernels: { isFused: true, kernels: [{ name: 'MatMul', ms: 0.0123, rate: 51.23, share: 0.876 }] },
  failures: [],
};

test('medians and means of ratios', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([1, 2, 3, 10]), 3);
  assert.equal(geomean([0.5, 2]), 1);
});

test('sides take turns, and ratios are those of pairs', async () => {
  // Ours takes 1, 2, 3 … times as long at each turn, and so does the peer, which takes twice that.
  const order = [];
  const opened = { ours: 0, peer: 0 };
  const load = async (side) => async () => {
    opened[side]++;
    let runs = 0;
    return {
      run: async () => {
        // Four runs warm up, then a turn has three.
        const turn = Math.max(0, Math.floor((runs++ - 4) / 3));
        if (runs > 4 && (runs - 5) % 3 === 0) order.push(side);
        return (side === 'peer' ? 2 : 1) * (turn + 1);
      },
    };
  };
  const answer = await turns(load, { sides: ['ours', 'peer'], pairs: 3, seconds: 0 });
  assert.deepEqual(opened, { ours: 1, peer: 1 });
  assert.deepEqual(order, ['ours', 'peer', 'peer', 'ours', 'ours', 'peer']);
  assert.deepEqual([answer.ours, answer.peer], [{ median: 2, least: 1 }, { median: 4, least: 2 }]);
  assert.equal(answer.ratio, 2);
});

test('a peer that fails is told of, ours must not', async () => {
  const failing = (which) => async (side) => async () => {
    if (side === which) throw new Error('no such operator');
    return { run: async () => 1 };
  };
  const settings = { sides: ['ours', 'peer'], pairs: 1, seconds: 0 };
  const answer = await turns(failing('peer'), settings);
  assert.equal(answer.peerError, 'no such operator');
  assert.equal(answer.ours.median, 1);
  assert.ok(!('ratio' in answer) && !('peer' in answer));
  await assert.rejects(turns(failing('ours'), settings), /no such operator/);
});

test('numbers have three digits that count', () => {
  assert.deepEqual([0.01234, 0.5, 1.234, 12.34, 123.4, 12345.6, undefined].map(number),
    ['0.012', '0.500', '1.23', '12.3', '123', '12346', '']);
});

test('the table of speed has ratios, their means, threads and the wasm file', () => {
  const { title, header, rows } = speedTable(results, 'node');
  assert.equal(title, 'Node 99.1, a.wasm (relaxed), beside a < b & "c"');
  assert.deepEqual(header, ['model', '1 thread ms', 'peer ms', 'times as fast', '2 threads ms', 'peer ms',
    'times as fast', '2 threads to 1']);
  assert.deepEqual(rows, [
    ['one', '10.0', '20.0', '2.00', '5.00', '40.0', '8.00', '1.50'],
    ['two', '100', '50.0', '0.50', '60.0', '', '', '6.00'],
    ['geometric mean', '', '', '1.00', '', '', '8.00', '3.00'],
  ]);
  const alone = speedTable({ ...results, peers: {} }, 'node');
  assert.deepEqual(alone.header, ['model', '1 thread ms', '2 threads ms', '2 threads to 1']);
});

test('the table of fresh processes has what was measured, and the mean of pairs alone', () => {
  const { header, rows } = freshTable(results, 'node');
  assert.deepEqual(header, ['model', 'create ms', 'peer', 'peak MB', 'peer']);
  assert.deepEqual(rows, [
    ['one', '10.0', '40.0', '20.0', '20.0'],
    ['two', '10.0', '', '20.0', ''],
    ['peer / ours, geometric mean', '', '4.00', '', '1.00'],
  ]);
});

test('tables are the same as text and as Markdown', () => {
  const [table] = tablesOf(results).growth;
  assert.equal(asText(table), 'batch\nimages     ms\n1       0.500\n16       1235');
  assert.equal(asMarkdown(table), '**batch**\n\n| images | ms |\n|---|---:|\n| 1 | 0.500 |\n| 16 | 1235 |');
});

test('a scale holds all values and the reference, in doublings of the same length', () => {
  const { ticks, at } = scaleOf([3, 14], 1);
  assert.deepEqual(ticks, [1, 2, 4, 8, 16]);
  assert.ok(Math.abs(at(8) - at(4) - (at(2) - at(1))) < 1e-9 && at(2) > at(1));
  assert.deepEqual(scaleOf([0.7, 0.9], 1).ticks, [0.5, 1]);
  assert.deepEqual(scaleOf([4], undefined).ticks, [4, 8]);
  assert.deepEqual(scaleOf([1], 1).ticks, [1, 2]);
});

const bars = /<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="12" class="(s\d)"/g;
const rectangles = (svg) => [...svg.matchAll(bars)]
  .map(([, x, width, series]) => ({ x: Number(x), width: Number(width), series }));

test('the chart is well-formed, and says in words what it shows', () => {
  const svg = chart('A & B', panelsOf(results));
  const read = 'import sys, xml.etree.ElementTree as t; r = t.parse(sys.stdin).getroot(); ' +
    'ids = {e.get("id"): e.text for e in r.iter() if e.get("id")}; ' +
    'print(r.tag, r.get("role"), *[ids[i] for i in r.get("aria-labelledby").split()], sep="\\n")';
  const answer = execFileSync(`${root}.venv/bin/python`, ['-c', read], { input: svg, encoding: 'utf8' });
  const [tag, role, title, said] = answer.split('\n');
  assert.deepEqual([tag, role, title], ['{http://www.w3.org/2000/svg}svg', 'img', 'A & B']);
  assert.match(said, /times as fast as a < b & "c": one 2\.00 \(1 thread\), 8\.00 \(2 threads\); two 0\.500/);
  assert.match(said, /two 0\.500 \(1 thread\), none \(2 threads\); geometric mean 1\.00 \(1 thread\), 8\.00/);
});

test('bars begin at 1, and are as long as their logarithm', () => {
  const drawn = rectangles(chart('', panelsOf(results)));
  assert.deepEqual(drawn.map(({ series }) => series), ['s0', 's1', 's0', 's0', 's1']);
  const [two, eight, half, one, mean] = drawn;
  const close = (a, b) => assert.ok(Math.abs(a - b) < 0.05, `${a} and ${b}`);
  close(eight.width, 3 * two.width);
  close(half.width, two.width);
  close(half.x + half.width, two.x);
  close(mean.width, eight.width);
  close(one.width, 1);
});

test('without a peer the chart has milliseconds', () => {
  const alone = { ...results, peers: {}, rows: results.rows.map(({ ratio, peer, ...rest }) => rest) };
  const [panel] = panelsOf(alone);
  assert.equal(panel.axis, 'milliseconds a run');
  assert.deepEqual(panel.rows[0].values, [10, 5]);
  const drawn = rectangles(chart('', [panel]));
  assert.equal(new Set(drawn.map(({ x }) => x)).size, 1);
});

test('the page is filled between its markers, again and again', () => {
  const names = ['circumstances', 'speed', 'fresh', 'growth', 'kernels'];
  const page = `${names.map((name) => `# ${name}\n<!-- ${name} -->\nold\n<!-- /${name} -->\n`).join('')}end\n`;
  const once = filled(page, results);
  assert.ok(!once.includes('old') && once.endsWith('<!-- /kernels -->\nend\n'));
  assert.ok(once.includes(asMarkdown(speedTable(results, 'node'))));
  assert.match(once, /Measured on 2020-02-03 with Apus 1\.2\.3 \(abc\) on A <fast>/);
  assert.equal(filled(once, results), once);
  const without = filled(page, { ...results, kernels: undefined });
  assert.match(without, /<!-- kernels -->\nNot measured\.\n<!-- \/kernels -->/);
  assert.throws(() => filled(page.replace('<!-- /fresh -->', ''), results), /must have <!-- fresh -->/);
});

test('docs/performance.md has the markers, and is what docs/performance.json makes of it', () => {
  filled(fs.readFileSync(`${root}docs/performance.md`, 'utf8'), results);
  if (fs.existsSync(`${root}docs/performance.json`)) {
    execFileSync(process.execPath, [`${root}Benchmarks/docs.mjs`, '--check'], { stdio: 'pipe' });
  }
});

test('a peer is a file, a driver, or the bundle for the host', (context) => {
  const folder = fs.mkdtempSync(path.join(process.env.TMPDIR ?? '/tmp', 'apus-peer-'));
  context.after(() => fs.rmSync(folder, { recursive: true }));
  assert.throws(() => peerAt(folder, 'node'), /PEER must be a module, or a folder with one of ort-web\.mjs/);
  fs.mkdirSync(`${folder}/dist`);
  for (const name of ['ort.node.min.mjs', 'ort.min.mjs']) fs.writeFileSync(`${folder}/dist/${name}`, '');
  const dist = `${folder}/dist`;
  assert.deepEqual(peerAt(folder, 'node'), { folder: dist, file: 'ort.node.min.mjs', isDriver: false });
  assert.deepEqual(peerAt(folder, 'page'), { folder: dist, file: 'ort.min.mjs', isDriver: false });
  fs.writeFileSync(`${folder}/ort-web.mjs`, '');
  assert.deepEqual(peerAt(folder, 'page'), { folder, file: 'ort-web.mjs', isDriver: true });
  const file = `${dist}/ort.min.mjs`;
  assert.deepEqual(peerAt(file, 'node'), { folder: dist, file: 'ort.min.mjs', isDriver: false });
});
