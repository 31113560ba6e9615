// What must hold of the script whoever loads it: how large it is, what it does not use, and that loading does nothing.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import vm from 'node:vm';
import { gzipSync } from 'node:zlib';
import { emptyFolder, hosts, run, write } from './support.mjs';

const dist = new URL('../../dist/', import.meta.url);
const read = (name) => readFileSync(new URL(name, dist), 'utf8');
const scripts = readdirSync(dist).filter((name) => /^ort\..*js$/.test(name));
const kilobyte = 1024;
/** The import of the worker file, with the comments that make bundlers leave it alone. */
const workerFile = /\bimport\(\/\* webpackIgnore: true \*\/\/\* @vite-ignore \*\/ +\w+\)/g;

test('the names that people load are there', () => {
  const forms = ['js', 'min.js', 'mjs', 'min.mjs', 'bundle.min.mjs'];
  const stems = ['ort', 'ort.all', 'ort.wasm', 'ort.webgpu', 'ort.jspi', 'ort.webgl'];
  const wanted = stems.flatMap((stem) => forms.map((form) => `${stem}.${form}`));
  wanted.push('ort.node.min.js', 'ort.node.min.mjs');
  wanted.splice(wanted.indexOf('ort.webgl.bundle.min.mjs'), 1);
  assert.deepEqual(scripts.sort(), wanted.sort());
});

for (const name of ['ort.min.mjs', 'ort.bundle.min.mjs']) {
  // 40 KB are wanted; this is what it has reached, lest it grow again.
  test(`${name} is at most 36 KB`, () => {
    const { length } = read(name);
    assert.ok(length <= 36 * kilobyte, `${length} bytes`);
  });

  test(`${name} is at most 14 KB zipped`, () => {
    const zipped = gzipSync(read(name), { level: 9 });
    assert.ok(zipped.length <= 14 * kilobyte, `${zipped.length} bytes zipped`);
  });
}

test('minified scripts read the same in whatever charset a page has', () => {
  for (const name of scripts.filter((name) => name.includes('.min.'))) assert.doesNotMatch(read(name), /[^\0-\x7f]/, name);
});

for (const name of scripts) {
  test(`${name}: has its source map`, () => {
    assert.equal(/\/\/# sourceMappingURL=(.*)/.exec(read(name))[1], `${name}.map`);
    const { sources, sourcesContent } = JSON.parse(read(`${name}.map`));
    assert.ok(sources.some((source) => source.endsWith('src/tensor.js')));
    assert.equal(sourcesContent.length, sources.length);
  });

  test(`${name}: compiles no text, and imports nothing at run time but the worker file, which bundlers leave alone`, () => {
    const text = read(name);
    assert.equal(text.match(workerFile)?.length, 1);
    const code = text.replace(workerFile, '').replace(/^\s*(\/\/|\/\*|\*).*$/gm, '');
    assert.doesNotMatch(code, /\beval\(|\bFunction\(|\bimport\(|\bimportScripts\(|^import\b/m);
  });
}

test('bundlers see the addresses of files in the forms that are for them, and in no other', () => {
  const seen = /new URL\(\s*"\.\/ort-wasm-simd-threaded\.wasm",\s*import\.meta\.url\s*\)/;
  for (const name of scripts) assert.equal(seen.test(read(name)), /bundle|node\.min\.mjs/.test(name), name);
});

for (const host of hosts) {
  test(`${host.name}: loading changes nothing and waits for nothing`, () => {
    const folder = emptyFolder();
    write(folder, {
      'load.mjs': `
        const Tensors = Object.getPrototypeOf(Uint8Array);
        // One symbol of the global object may lead to what all copies share.
        const keys = (object) => Reflect.ownKeys(object).map(String).filter((key) => !key.startsWith('Symbol(apus@'));
        const state = () => JSON.stringify([
          [globalThis, Symbol, Tensors.prototype, Promise.prototype].map(keys), Object.keys(globalThis),
          process.eventNames().map((name) => [name, process.listenerCount(name)]), process.getActiveResourcesInfo(),
        ]);
        const before = state();
        const url = process.argv[2];
        if (url.endsWith('.mjs')) await import(url);
        else process.getBuiltinModule('module').createRequire(url)(process.getBuiltinModule('url').fileURLToPath(url));
        console.log(state() === before);`,
    });
    for (const name of scripts) {
      assert.deepEqual(run(host, folder, 'load.mjs', new URL(name, dist).href), ['true'], name);
    }
  });
}

test('a script tag defines `ort` and nothing else', () => {
  for (const name of scripts.filter((name) => /js$/.test(name) && !/mjs$|node/.test(name))) {
    const page = vm.createContext({});
    const before = Object.keys(page);
    vm.runInContext(read(name), page);
  
    assert.deepEqual(Object.keys(page).filter((key) => !before.includes(key)), ['ort'], name);
    assert.equal(vm.runInContext('typeof apusAddress', page), 'undefined');
    assert.doesNotThrow(() => vm.runInContext(read(name), page), 'a second time');
    assert.equal(vm.runInContext('typeof ort.InferenceSession.create', page), 'function');
    assert.equal(vm.runInContext('ort.default.Tensor === ort.Tensor', page), true);
  }
});

test('the worker file, where there is one, is whole in itself', { skip: !existsSync(new URL('ort-wasm-worker.mjs', dist)) }, () => {
  // Of the code that it shares with the script one import is left, which is for the script alone.
  const code = read('ort-wasm-worker.mjs').replace(workerFile, '');
  assert.doesNotMatch(code, /\bimport\(|^import\b|\bimport"/m);
});
