// That the harness finds what is wrong, and that the benchmark's page answers: node --test harness.mjs, with the folder
// of models in MODELS.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

test('every way to go wrong fails the run and is told, and the next page is opened all the same', () => {
  const flags = ['--list', here('harness/pages.mjs'), '--silence', '4', '--browser', 'chromium'];
  const run = spawnSync(process.execPath, [here('run.mjs'), '--models', process.env.MODELS, ...flags]);
  const lines = String(run.stdout).replace(/ \(\d+ ms\)/g, '').split('\n').map((line) => line.trim());
  assert.equal(run.status, 1, String(run.stderr));
  const told = lines.filter((line) => /^(ok|FAILED|MISSING) /.test(line));
  const expected = [
    'FAILED throws: value.a.1 is 2, not 3',
    'FAILED rejects: value is 1, not "1"',
    'FAILED does not reject: resolved with 5 where it should say: no',
    'ok nothing else went wrong',
    'ok leaves a rejection behind',
    'FAILED nothing else went wrong: errors.0 is "unhandled: Error: lost", not undefined',
    'ok before',
    'FAILED hangs: hung: no word for 4 s',
    'FAILED behind: not reached',
    'FAILED nothing else went wrong: not reached',
    'FAILED the page loads: it has no checks',
    'ok nothing else went wrong',
    /^FAILED the page loads: .*nothing/,
    'ok nothing else went wrong',
    /^FAILED the page loads: .*absent.js/,
    'ok nothing else went wrong',
    'ok is the same',
    'ok nothing else went wrong',
  ];
  assert.equal(told.length, expected.length, told.join('\n'));
  expected.forEach((line, i) => (line instanceof RegExp ? assert.match(told[i], line) : assert.equal(told[i], line)));
});

test('the benchmark times a model in a page, beside a peer, and knows which wasm file was used', () => {
  const sides = ['one', 'ours', 'peer'];
  const job = { kind: 'turns', sides, threads: 2, pairs: 1, seconds: 0, peer: here('../../dist/') };
  const model = `${process.env.MODELS}/light_squeezenet_noise.onnx`;
  const said = execFileSync(process.execPath, [
    here('../../../Benchmarks/hosts/chromium.mjs'), JSON.stringify({ ...job, model }),
  ]);
  const answer = JSON.parse(said);
  for (const side of sides) assert.ok(answer[side]?.median >= answer[side].least, JSON.stringify(answer));
  assert.ok(answer.ratio > 0 && answer.faster > 0 && answer.memory > 20);
  assert.equal(answer.wasmBytes, statSync(here('../../dist/ort-wasm-simd-threaded.wasm')).size);
});
