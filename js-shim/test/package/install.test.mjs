import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { npm } from '../../npm.mjs';
import { emptyFolder, hosts, installedAs, program, run, useOf, write } from './support.mjs';

const names = ['onnxruntime-web', 'onnxruntime-node', 'onnxruntime-common'];
const subpaths = ['', '/all', '/wasm', '/webgl', '/webgpu', '/jspi', '/common', '/node'];
const bytes = "require('node:fs').readFileSync('sum.onnx')";

const installed = program(installedAs(...names), {
  'default.mjs': `import ort from 'onnxruntime-web'; ${useOf('ort', "'sum.onnx'")}`,
  'named.mjs': `
    import { createRequire } from 'node:module';
    const require = createRequire(import.meta.url);
    for (const name of process.argv.slice(2)) {
      const ort = await import(name);
      ${useOf('ort', bytes)}
    }`,
  'required.cjs': `
    (async () => {
      for (const name of process.argv.slice(2)) {
        const ort = require(name);
        ${useOf('ort', bytes)}
      }
    })();`,
});

const everyEntry = names.flatMap((name) => subpaths.map((subpath) => name + subpath));

for (const host of hosts) {
  test(`${host.name}: the default export runs a model from its path`, () => {
    assert.deepEqual(run(host, installed, 'default.mjs'), ['[4,6]']);
  });

  test(`${host.name}: every subpath under every name runs a model, imported and required`, () => {
    const answers = everyEntry.map(() => '[4,6]');
    assert.deepEqual(run(host, installed, 'named.mjs', ...everyEntry), answers);
    assert.deepEqual(run(host, installed, 'required.cjs', ...everyEntry), answers);
  });

  test(`${host.name}: all subpaths are one implementation, with one Tensor and one env; import and require as well`, () => {
    write(installed, {
      'same.mjs': `
        import { createRequire } from 'node:module';
        import { Tensor, env, listSupportedBackends } from 'onnxruntime-web';
        const require = createRequire(import.meta.url);
        for (const subpath of ${JSON.stringify(subpaths)}) {
          const imported = await import('onnxruntime-web' + subpath);
          const required = require('onnxruntime-web' + subpath);
          for (const ort of [imported, imported.default, required]) {
            console.log(ort.Tensor === Tensor && ort.env === env && ort.listSupportedBackends === listSupportedBackends);
          }
        }
        // Other installed copies recognise the tensors of this one.
        for (const other of ['onnxruntime-node', 'onnxruntime-common']) {
          const { Tensor: Other } = await import(other);
          console.log(Other !== Tensor && new Tensor('bool', [true]) instanceof Other);
        }`,
    });
    assert.deepEqual(new Set(run(host, installed, 'same.mjs')), new Set(['true']));
  });

  test(`${host.name}: what people take out of dist is there by path`, () => {
    write(installed, {
      'deep.cjs': `
        const { onnxruntimeBackend, listSupportedBackends } = require('onnxruntime-node/dist/backend');
        const { registerBackend, InferenceSession, Tensor } = require('onnxruntime-common');
        console.log(listSupportedBackends()[0].name);
        registerBackend('deep', onnxruntimeBackend, 100);
        (async () => {
          const session = await InferenceSession.create('sum.onnx', { executionProviders: ['deep'] });
          const a = new Tensor(Float32Array.of(1, 2));
          console.log(JSON.stringify(Array.from((await session.run({ a, b: a })).c.data)));
        })();`,
      'paths.mjs': `
        import { createRequire } from 'node:module';
        import { existsSync } from 'node:fs';
        const require = createRequire(import.meta.url);
        for (const name of process.argv.slice(2)) console.log(existsSync(require.resolve('onnxruntime-web/' + name)));`,
    });
    assert.deepEqual(run(host, installed, 'deep.cjs'), ['cpu', '[2,4]']);
    const files = ['', '.jsep', '.jspi', '.asyncify'].flatMap((variant) =>
      ['wasm', 'mjs'].map((suffix) => `ort-wasm-simd-threaded${variant}.${suffix}`),
    );
    const paths = ['package.json', 'dist/ort.min.js', 'dist/ort.all.min.js', ...files, ...files.map((file) => `dist/${file}`)];
    assert.deepEqual(run(host, installed, 'paths.mjs', ...paths), paths.map(() => 'true'));
  });

  test(`${host.name}: the stand-ins for the scripts of other wasm files load, and say what they are when called`, () => {
    write(installed, {
      'inert.mjs': `
        for (const variant of ['', '.jsep', '.jspi', '.asyncify']) {
          const { default: start } = await import('onnxruntime-web/ort-wasm-simd-threaded' + variant + '.mjs');
          try { start(); } catch (error) { console.log(error.message); }
        }`,
    });
    const said = run(host, installed, 'inert.mjs');
    assert.equal(said.length, 4);
    assert.match(said[1], /^ort-wasm-simd-threaded\.jsep\.mjs of apus starts nothing/);
  });

  test(`${host.name}: overrides put it in the place of a dependency's dependency`, () => {
    const library = emptyFolder();
    write(library, {
      'package.json': { name: 'library', version: '1.0.0', dependencies: { 'onnxruntime-web': '^1.20.0' } },
      'index.js': "exports.ort = require('onnxruntime-web');",
    });
    const packed = path.join(library, npm(['pack'], library).trim());
    const fields = installedAs('onnxruntime-web');
    fields.dependencies.library = `file:${packed}`;
    const folder = program({ ...fields, overrides: { 'onnxruntime-web': '$onnxruntime-web' } }, {
      'main.mjs': `import library from 'library'; const { ort } = library; ${useOf('ort', "'sum.onnx'")}`,
    });
    assert.deepEqual(run(host, folder, 'main.mjs'), ['[4,6]']);
  });
}

test('package.json names files that are there, and types first', () => {
  const folder = path.join(installed, 'node_modules/onnxruntime-web');
  const { exports, main, browser, types } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  for (const file of [main, browser, types]) assert.ok(readFileSync(path.join(folder, file)).length > 0, file);
  const optional = ['./dist/ort-wasm-relaxedsimd-threaded.wasm', './dist/ort-wasm-worker.mjs', './dist/*'];
  const visit = (target) => {
    if (typeof target === 'string') {
      if (!optional.includes(target)) assert.ok(readFileSync(path.join(folder, target)).length > 0, target);
      return;
    }
    const conditions = Object.keys(target);
    if (typeof target.default === 'string') {
      assert.equal(conditions[0], 'types');
      assert.equal(conditions.at(-1), 'default');
    }
    Object.values(target).forEach(visit);
  };
  Object.values(exports).forEach(visit);
});
