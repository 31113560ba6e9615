// What memory it takes to create a session from each form of a model, in a process of its own, in this Node:
//   node streams.mjs [--models DIR] [--runtime FILE] [--most 1.5] [NAME...]
// file: a path, read range by range. bytes: an array at hand. response: a stream whose length is told. stream: one
// whose length is not. Without models it makes one of eight matrices, 128 MB. Each figure is the high-water mark of a
// process that creates a session, less that of one that creates a tiny session, in MB and as a multiple of the file. A
// stream that takes more than `most` times the file and 40 MB fails: that much is what Node compiles and what its own
// streams leave to the collector, whatever the model.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { initializer, model, node, value } from '../js-shim/test/support/onnx.js';
import { bundle, modelsIn } from './runtimes.mjs';

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: 'string' },
    runtime: { type: 'string', default: bundle },
    most: { type: 'string', default: '1.5' },
    // What a child process does.
    form: { type: 'string' },
  },
});

const streamOf = (file) => Readable.toWeb(fs.createReadStream(file));
const forms = {
  file: (file) => file,
  bytes: (file) => new Uint8Array(fs.readFileSync(file)),
  response: (file) => new Response(streamOf(file), { headers: { 'content-length': fs.statSync(file).size } }),
  stream: (file) => streamOf(file),
};

/** Products with weights of 16 MB. */
function writeMatrices(file) {
  const size = 2048;
  const weights = new Float32Array(size * size).map((_, i) => (i % 1000) / 1000);
  const places = [...Array(8).keys()];
  const bytes = model({
    nodes: places.map((i) => node('MatMul', [i ? `v${i}` : 'x', `W${i}`], [i === 7 ? 'y' : `v${i + 1}`])),
    initializers: places.map((i) => initializer(`W${i}`, 'float32', [size, size], weights)),
    inputs: [value('x', 'float32', ['n', size])],
    outputs: [value('y', 'float32', ['n', size])],
  });
  fs.writeFileSync(file, bytes);
}

// A process begins with the high-water mark of the one that starts it: that one must stay small.
if (given.form === 'made') {
  writeMatrices(positionals[0]);
  process.exit();
}
if (given.form) {
  const ort = await import(pathToFileURL(path.resolve(given.runtime)));
  ort.env.wasm.numThreads = 1;
  const tiny = model({
    nodes: [node('Add', ['a', 'a'], ['b'])],
    inputs: [value('a', 'float32', [1])],
    outputs: [value('b', 'float32', [1])],
  });
  await ort.InferenceSession.create(given.form === 'none' ? tiny : forms[given.form](positionals[0]));
  console.log(process.resourceUsage().maxRSS / 1024);
  process.exit();
}

function child(form, file) {
  const words = [fileURLToPath(import.meta.url), '--runtime', given.runtime, '--form', form, file];
  return Number(execFileSync(process.execPath, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
}

/** A model in a file that goes with this process. */
function matrices() {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'apus-'));
  process.once('exit', () => fs.rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'matrices.onnx');
  child('made', file);
  return [{ name: 'matrices', model: file }];
}

console.log(`Node ${process.version}: MB to create a session, and as a multiple of the file`);
const none = child('none', '-');
for (const { name, model: file } of given.models ? modelsIn(given.models, positionals) : matrices()) {
  const size = fs.statSync(file).size / (1 << 20);
  const cells = [];
  for (const form of Object.keys(forms)) {
    const taken = child(form, file) - none;
    cells.push(`${form} ${taken.toFixed(0)} (${(taken / size).toFixed(2)})`);
    if (form === 'stream' && taken > Number(given.most) * size + 40) process.exitCode = 1;
  }
  console.log(`${name.padEnd(16)} ${size.toFixed(0).padStart(4)}: ${cells.join(', ')}`);
}
