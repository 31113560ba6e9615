// What memory it takes to create a session from each form of a model, in a process of its own, in this Node:
//   node streams.mjs --models DIR [--runtime FILE] [--most 2.5] [NAME...]
// file: a path, read range by range. bytes: an array at hand. response: a stream whose length is told. stream: one
// whose length is not. Each figure is the high-water mark of a process that creates a session, less that of one that
// creates a tiny session, in MB and as a multiple of the file. With --most a stream of a higher multiple fails.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { model, node, value } from '../js-shim/test/support/onnx.js';
import { bundle, modelsIn } from './runtimes.mjs';

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: 'string' },
    runtime: { type: 'string', default: bundle },
    most: { type: 'string', default: 'Infinity' },
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

console.log(`Node ${process.version}: MB to create a session, and as a multiple of the file`);
const none = child('none', '-');
for (const { name, model: file } of modelsIn(given.models, positionals)) {
  const size = fs.statSync(file).size / (1 << 20);
  const cells = [];
  for (const form of Object.keys(forms)) {
    const taken = child(form, file) - none;
    cells.push(`${form} ${taken.toFixed(0)} (${(taken / size).toFixed(2)})`);
    if (form === 'stream' && taken / size > Number(given.most)) process.exitCode = 1;
  }
  console.log(`${name.padEnd(16)} ${size.toFixed(0).padStart(4)}: ${cells.join(', ')}`);
}
