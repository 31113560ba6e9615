import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { env } from '../src/env.js';
import { throwsExactly } from './support/throws.js';

test('env begins plain, empty and enumerable', () => {
  assert.deepEqual(Object.keys(env).sort(), ['logLevel', 'versions', 'wasm', 'webgl', 'webgpu']);
  assert.deepEqual(env.wasm, {});
  assert.equal({ ...env }.logLevel, 'warning');
});

test('env takes any key', () => {
  env.anything = 1;
  env.wasm.numThreads = 8;
  env.wasm = { wasmPaths: '/x/' };
  assert.equal(env.wasm.wasmPaths, '/x/');
  delete env.anything;
});

test('the versions name this package, and not the reference\'s', () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  assert.equal(env.versions.apus, version);
  assert.equal(env.versions.web, undefined);
});

for (const level of ['verbose', 'info', 'warning', 'error', 'fatal']) {
  test(`logLevel ${level}`, () => {
    env.logLevel = level;
    env.logLevel = undefined;
    assert.equal(env.logLevel, level);
  });
}

for (const level of ['loud', 2, null]) {
  test(`logLevel ${level} throws`, () =>
    throwsExactly(() => (env.logLevel = level), Error, `Unsupported logging level: ${level}`));
}
