// Folders of programs that use the packed file, as their authors would set them up.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { npm } from '../../npm.mjs';
import { model, node, value } from '../support/onnx.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

const { version } = JSON.parse(readFileSync(path.join(root, 'js-shim/package.json'), 'utf8'));

/** What `make dist` packed. */
export const tarball = path.join(root, `dist/apus-${version}.tgz`);

/** Debian's webpack, unpacked by `make`. */
export const webpackFolder = path.join(root, '.cache/webpack/usr');

/** The Node on PATH, and the one that runs this. */
export const hosts = [...new Set([process.env.NODE ?? 'node', process.execPath])].map((command) => ({
  name: `Node ${execFileSync(command, ['--version'], { encoding: 'utf8' }).trim()}`,
  command,
}));

/** An empty folder that goes away with the tests. */
export function emptyFolder() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'apus-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files into a folder, by name; an object is written as JSON. */
export function write(folder, files) {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    const isText = typeof content === 'string' || ArrayBuffer.isView(content);
    writeFileSync(file, isText ? content : JSON.stringify(content));
  }
}

/** A folder of a program with these fields in its package.json, installed, and with `sum.onnx`: c = a + b, [2]. */
export function program(fields, files = {}) {
  const folder = emptyFolder();
  write(folder, { 'package.json': { name: 'program', private: true, ...fields }, 'sum.onnx': sum, ...files });
  npm(['install', '--no-audit', '--no-fund', '--no-package-lock'], folder);
  return folder;
}

/** A dependency on the packed file under each name. */
export const installedAs = (...names) => ({ dependencies: Object.fromEntries(names.map((name) => [name, `file:${tarball}`])) });

const sum = model({
  nodes: [node('Add', ['a', 'b'], ['c'])],
  inputs: [value('a', 'float32', [2]), value('b', 'float32', [2])],
  outputs: [value('c', 'float32', [2])],
});

/** JavaScript that computes with `ort` and prints `[4,6]`; `read` gives the model. */
export const useOf = (ort, read) => `
  const session = await ${ort}.InferenceSession.create(${read});
  const tensor = (values) => new ${ort}.Tensor('float32', Float32Array.from(values), [2]);
  const { c } = await session.run({ a: tensor([1, 2]), b: tensor([3, 4]) });
  console.log(JSON.stringify(Array.from(c.data)));
  await session.release();
`;

/** Runs a script of a program and returns the lines it prints; to print an error, or to warn, is an error. */
export function run(host, folder, script, ...args) {
  const { status, stdout, stderr } = spawnSync(host.command, [script, ...args], { cwd: folder, encoding: 'utf8' });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  return stdout.trim().split('\n');
}
