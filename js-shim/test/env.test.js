import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { env, plainEnv, severityLevel } from '../src/env.js';
import { throwsExactly } from './support/throws.js';

test('env begins plain, empty and enumerable', () => {
  assert.deepEqual(Object.keys(env).sort(), ['logLevel', 'versions', 'wasm', 'webgl', 'webgpu']);
  assert.deepEqual([env.wasm, env.webgl, env.webgpu], [{}, {}, {}]);
  assert.equal({ ...env }.logLevel, 'warning');
  assert.deepEqual([env.debug, env.trace], [undefined, undefined]);
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
  assert.equal(typeof env.versions.common, 'string');
  assert.ok(!('web' in env.versions));
});

for (const [number, level] of ['verbose', 'info', 'warning', 'error', 'fatal'].entries()) {
  test(`logLevel ${level}`, () => {
    env.logLevel = level;
    env.logLevel = undefined;
    assert.equal(env.logLevel, level);
    assert.equal(severityLevel(), number);
  });
}

for (const level of ['loud', 2, null]) {
  test(`logLevel ${level} throws`, () =>
    throwsExactly(() => (env.logLevel = level), Error, `Unsupported logging level: ${level}`));
}

test('plainEnv can be posted whatever env holds', () => {
  class GPUDevice {
    limits = {};
  }
  const module = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  const bytes = Uint8Array.of(1, 2);
  const circle = { name: 'circle' };
  circle.again = circle;
  env.logLevel = 'info';
  env.wasm = { wasmPaths: { wasm: new URL('https://a.test/x.wasm') }, wasmBinary: bytes, wasmModule: module };
  env.webgpu = {
    device: new GPUDevice(),
    adapter: Promise.resolve(),
    powerPreference: 'low-power',
    forceFallbackAdapter: true,
    profiling: { mode: 'default', ondata() {} },
  };
  env.webgl = { contextId: 'webgl2', matmulMaxBatchSize: 16, context: Symbol('context') };
  env.circle = circle;
  env.list = [1, () => {}, [2]];
  env.wasm.memory = new WebAssembly.Memory({ initial: 0 });

  const { versions, wasm, ...rest } = structuredClone(plainEnv());
  assert.deepEqual(versions, { ...env.versions });
  assert.deepEqual(rest, {
    logLevel: 'info',
    webgpu: { powerPreference: 'low-power', forceFallbackAdapter: true, profiling: { mode: 'default' } },
    webgl: { contextId: 'webgl2', matmulMaxBatchSize: 16 },
    circle: { name: 'circle' },
    list: [1, [2]],
  });
  assert.deepEqual(wasm.wasmPaths, { wasm: 'https://a.test/x.wasm' });
  assert.deepEqual(wasm.wasmBinary, bytes);
  assert.ok(wasm.wasmModule instanceof WebAssembly.Module);
  assert.ok(!('memory' in wasm));
  // The settings themselves stay.
  assert.equal(typeof env.webgpu.profiling.ondata, 'function');
  delete env.circle;
  delete env.list;
});
