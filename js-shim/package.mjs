// Makes js-shim/dist fit to be published and packs it: `node js-shim/package.mjs [FOLDER]`, after build.mjs. What it
// adds are names that only the builds and programs of others ask for.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { npm } from './npm.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(here, 'dist');
const folder = path.resolve(process.argv[2] ?? path.join(here, '../dist'));

/** The wasm files of onnxruntime-web, which build scripts copy by name. Ours is one. */
const stem = 'ort-wasm-simd-threaded';
const variants = ['.jsep', '.jspi', '.asyncify'];

/** Stands where onnxruntime-web has a script that starts its wasm file. */
const inert = (name) => `// ${name} of apus does nothing and is never loaded by it.
//
// In onnxruntime-web a file of this name starts the wasm file. Here that is in ort.min.mjs and its like; this one is
// for build scripts that copy files by name. Loading it is harmless.
export default function start() {
  throw new Error(
    '${name} of apus starts nothing: load ort.min.mjs, or import the package; neither needs this file.',
  );
}
`;

/** What programs take from `onnxruntime-node/dist/backend`, to register it with another copy of the interface. */
const backend = `'use strict';
const ort = require('./ort.node.min.js');

exports.listSupportedBackends = ort.listSupportedBackends;

exports.onnxruntimeBackend = {
  async init() {},
  async createInferenceSessionHandler(model, options) {
    const session = await ort.InferenceSession.create(model, { ...options, executionProviders: ['cpu'] });
    return session.handler;
  },
};
`;

for (const variant of variants) {
  copyFileSync(path.join(dist, `${stem}.wasm`), path.join(dist, `${stem}${variant}.wasm`));
}
for (const variant of ['', ...variants]) {
  const name = `${stem}${variant}.mjs`;
  writeFileSync(path.join(dist, name), inert(name));
}
writeFileSync(path.join(dist, 'backend.js'), backend);
copyFileSync(path.join(here, '../LICENSE'), path.join(dist, 'LICENSE'));

mkdirSync(folder, { recursive: true });
console.log(path.join(folder, npm(['pack', '--pack-destination', folder], here).trim()));
