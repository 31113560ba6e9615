// What the benchmark asks of Node: Benchmarks/hosts/node.mjs, with our own bundle as the peer.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { writeTensors } from '../../tools/modelfolder.mjs';
import { hasRelaxedSimd } from '../src/simd.js';
import { model, node, value } from './support/onnx.js';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'apus-bench-'));
after(() => fs.rmSync(folder, { recursive: true }));

const file = path.join(folder, 'add.onnx');
const x = { type: 'float32', dims: [2], data: Float32Array.of(1, 2) };
fs.writeFileSync(file, model({
  nodes: [node('Add', ['x', 'x'], ['y'])],
  inputs: [value('x', 'float32', [2])],
  outputs: [value('y', 'float32', [2])],
}));
const inputs = writeTensors(path.join(folder, 'add.io'), 'in', { x });
fs.writeFileSync(path.join(folder, 'add.io/meta.json'), JSON.stringify({ inputs, outputs: [] }));

const ask = (job) => {
  const words = [here('../../Benchmarks/hosts/node.mjs'), JSON.stringify({ peer: here('../dist'), model: file, ...job })];
  return JSON.parse(execFileSync(process.execPath, words));
};
const few = { kind: 'turns', pairs: 2, seconds: 0 };

for (const [kind, simd] of [['simd'], ['relaxedsimd', 'relaxed']]) {
  test(`turns of ours and a peer, with the file ${kind}`, () => {
    const sides = ['one', 'ours', 'peer'];
    const answer = ask({ ...few, sides, threads: 2, simd });
    if (simd && !hasRelaxedSimd()) return assert.match(answer.error, /Relaxed WebAssembly SIMD is not supported/);
    for (const side of sides) assert.ok(answer[side].median >= answer[side].least && answer[side].least > 0);
    assert.ok(answer.ratio > 0 && answer.faster > 0);
    assert.equal(answer.wasmBytes, fs.statSync(here(`../dist/ort-wasm-${kind}-threaded.wasm`)).size);
  });
}

test('a fresh process creates, runs, and tells its memory, which is more than that of an empty one', () => {
  const { create, first, memory } = ask({ kind: 'fresh', sides: ['ours'] });
  assert.ok(create > 0 && first > 0);
  assert.ok(memory > ask({ kind: 'empty' }).memory);
  const { cold } = ask({ kind: 'cold', sides: ['ours'] });
  assert.ok(cold > create);
});

test('a host tells its version, and that of a peer', () => {
  const answer = ask({ kind: 'about' });
  assert.equal(answer.version, process.versions.node);
  assert.ok(typeof answer.peer === 'string' && answer.peer.length > 0);
});

test('what goes wrong is an answer', () => {
  fs.writeFileSync(path.join(folder, 'bad.onnx'), 'bad');
  fs.cpSync(path.join(folder, 'add.io'), path.join(folder, 'bad.io'), { recursive: true });
  const { error } = ask({ ...few, model: path.join(folder, 'bad.onnx'), sides: ['ours'] });
  assert.match(error, /\[ERROR_CODE: \d+\]/);
});
