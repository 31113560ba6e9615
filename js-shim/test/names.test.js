// The properties whose names build.mjs shortens are nobody's but the scripts' own.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { internalNames } from '../names.mjs';

const here = new URL('..', import.meta.url);
const read = (file) => readFileSync(new URL(file, here), 'utf8');
const files = (folder) => readdirSync(new URL(folder, here), { recursive: true }).filter((file) => /\.m?[jt]s$/.test(file));

/** Every name in a text outside its comments. */
const namesIn = (text) => new Set(text.replace(/\/\*[^]*?\*\/|\/\/.*/g, '').match(/[\w$]+/g));

test('none is public', () => {
  for (const file of files('types/')) {
    const declared = namesIn(read(`types/${file}`));
    assert.deepEqual(internalNames.filter((name) => declared.has(name)), [], file);
  }
});

test('none is a property of a built-in object', () => {
  const seen = new Set();
  const names = new Set();
  const collect = (object) => {
    if (!/^(object|function)$/.test(typeof object) || object === null || seen.has(object)) return;
    seen.add(object);
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
      names.add(name);
      // Some of Node's globals are made when they are asked for.
      collect(object === globalThis ? globalThis[name] : value);
    }
    collect(Object.getPrototypeOf(object));
  };
  collect(globalThis);
  for (const name of ['fs', 'url', 'path', 'module', 'os', 'worker_threads']) collect(process.getBuiltinModule(name));
  assert.ok(names.has('byteLength') && names.has('getReader') && names.has('fileURLToPath'));
  assert.deepEqual(internalNames.filter((name) => names.has(name)), []);
});

test('none is imported by wasm, exported by a script, or spelt as a text', () => {
  const imports = namesIn(read('../wasm/imports.txt').replace(/#.*/g, ''));
  assert.deepEqual(internalNames.filter((name) => imports.has(name)), []);
  for (const file of files('src/')) {
    const text = read(`src/${file}`);
    for (const name of internalNames) assert.doesNotMatch(text, new RegExp(`['"]${name}['"]`), `${name} in ${file}`);
  }
  const exported = namesIn(read('src/index.js'));
  assert.deepEqual(internalNames.filter((name) => exported.has(name)), []);
});

test('each is used, and none is left in a script', () => {
  const sources = files('src/').map((file) => read(`src/${file}`)).join('\n');
  for (const name of internalNames) assert.match(sources, new RegExp(`\\b${name}\\b`), name);
  const script = read('dist/ort.min.mjs') + read('dist/ort-wasm-worker.mjs');
  for (const name of internalNames) assert.doesNotMatch(script, new RegExp(`[.{,]${name}\\b`), name);
});
