// How the wasm file is found, and what is made of files that are not ours. Each case takes a fresh copy of the bundle,
// since a page loads the file once.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, mock, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import vm from 'node:vm';
import { forgetCopies } from './support/copies.js';
import { model, node, value } from './support/onnx.js';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const fileName = 'ort-wasm-simd-threaded.wasm';
const wasm = readFileSync(dist + fileName);
const negate = model({
  nodes: [node('Neg', ['x'], ['y'])],
  inputs: [value('x', 'float32', ['n'])],
  outputs: [value('y', 'float32', ['n'])],
});

let copies = 0;
function fresh(file = 'ort.node.min.mjs') {
  forgetCopies();
  return import(`../dist/${file}?${copies++}`);
}

async function works(ort) {
  const session = await ort.InferenceSession.create(negate);
  const { y } = await session.run({ x: new ort.Tensor('float32', [1, -2]) });
  assert.deepEqual([...y.data], [-1, 2]);
}

/** What was warned of while `act` ran. */
async function warnings(act) {
  const warn = mock.method(console, 'warn', () => {});
  try {
    await act();
    return warn.mock.calls.map((call) => call.arguments[0]);
  } finally {
    warn.mock.restore();
  }
}

const folder = mkdtempSync(path.join(tmpdir(), 'ort-'));
mkdirSync(path.join(folder, 'elsewhere'));
writeFileSync(path.join(folder, 'elsewhere', fileName), wasm);
writeFileSync(path.join(folder, 'renamed.wasm'), wasm);

let address;
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (pathname === `/wasm/${fileName}`) response.setHeader('content-type', 'application/wasm').end(wasm);
  else if (pathname === `/plain/${fileName}`) response.end(wasm);
  else if (pathname === `/page/${fileName}`) response.setHeader('content-type', 'text/html').end('<!DOCTYPE html>');
  else response.writeHead(404).end();
});
before(async () => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${server.address().port}`;
});
after(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

test('beside the script', async () => {
  const ort = await fresh();
  assert.deepEqual(await warnings(() => works(ort)), []);
});

const named = [
  { what: 'a prefix', flags: () => ({ wasmPaths: `${folder}/elsewhere/` }) },
  { what: 'a prefix without its slash', flags: () => ({ wasmPaths: `${folder}/elsewhere` }) },
  { what: 'an address as prefix', flags: () => ({ wasmPaths: pathToFileURL(`${folder}/elsewhere/`) }) },
  { what: 'a file', flags: () => ({ wasmPaths: { wasm: `${folder}/renamed.wasm` } }) },
  { what: 'the address of a file', flags: () => ({ wasmPaths: { wasm: pathToFileURL(`${folder}/renamed.wasm`) } }) },
  { what: 'a map by file name', flags: () => ({ wasmPaths: { [fileName]: `${folder}/renamed.wasm` } }) },
  {
    what: 'what is beside the glue',
    flags: () => ({ wasmPaths: { mjs: `${folder}/elsewhere/ort-wasm-simd-threaded.mjs` } }),
  },
  { what: 'a server', flags: () => ({ wasmPaths: `${address}/wasm/` }) },
  { what: 'a server that does not know the type', flags: () => ({ wasmPaths: `${address}/plain/` }) },
  { what: 'bytes', flags: () => ({ wasmBinary: wasm }) },
  { what: 'a buffer', flags: () => ({ wasmBinary: Uint8Array.from(wasm).buffer }) },
  { what: 'a module', flags: () => ({ wasmModule: new WebAssembly.Module(wasm) }) },
];

// The bundle for browsers has nothing beside it that `fetch` could read in Node, so what is named must be what is used.
for (const { what, flags } of named) {
  const isFile = !/server|bytes|buffer|module/.test(what);
  test(`${what} is taken`, async () => {
    const ort = await fresh(isFile ? 'ort.node.min.mjs' : 'ort.min.mjs');
    Object.assign(ort.env.wasm, flags());
    const read = mock.method(process.getBuiltinModule('node:fs').promises, 'readFile');
    assert.deepEqual(await warnings(() => works(ort)), []);
    if (isFile) assert.match(String(read.mock.calls[0].arguments[0]), new RegExp(folder));
    read.mock.restore();
  });
}

const foreign = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const older = Uint8Array.from(wasm);
older[15] = 99;
const mistaken = [
  { flags: () => ({ wasmBinary: foreign }), says: 'env.wasm.wasmBinary is not the wasm file of this library.' },
  {
    flags: () => ({ wasmModule: new WebAssembly.Module(foreign) }),
    says: 'env.wasm.wasmModule is not the wasm file of this library.',
  },
  { flags: () => ({ wasmBinary: Uint8Array.of(1, 2, 3, 4) }), says: 'env.wasm.wasmBinary is not a wasm file.' },
  {
    flags: () => ({ wasmBinary: older }),
    says: "env.wasm.wasmBinary is of another release: its boundary has version 99, this script's 2.",
  },
  {
    flags: () => ({ wasmPaths: `${address}/page/` }),
    says: () => `env.wasm.wasmPaths (${address}/page/${fileName}) is a page of HTML, not a wasm file.`,
  },
  {
    flags: () => ({ wasmPaths: `${address}/missing/` }),
    says: () => `env.wasm.wasmPaths (${address}/missing/${fileName}) could not be read: status 404.`,
  },
];

for (const [i, { flags, says }] of mistaken.entries()) {
  test(`mistake ${i} is told once, and our own file is used`, async () => {
    const ort = await fresh();
    Object.assign(ort.env.wasm, flags());
    const told = await warnings(async () => {
      await works(ort);
      await works(ort);
    });
    const sentence = typeof says === 'function' ? says() : says;
    assert.deepEqual(told, [`${sentence} The wasm file beside the script is used instead.`]);
  });
}

test('a failure says why, and may be mended', async () => {
  const ort = await fresh('ort.min.mjs');
  await assert.rejects(ort.InferenceSession.create(negate), {
    message: /^no available backend found\. ERR: \[wasm\] no wasm file could be loaded: .*, \[cpu\] no wasm file/,
  });
  ort.env.wasm.wasmBinary = wasm;
  await works(ort);
});

test('env.wasm.initTimeout is held to, and may be mended', async () => {
  const ort = await fresh('ort.min.mjs');
  const silent = createServer(() => {});
  await new Promise((resolve) => silent.listen(0, '127.0.0.1', resolve));
  Object.assign(ort.env.wasm, { wasmPaths: `http://127.0.0.1:${silent.address().port}/`, initTimeout: 50 });
  await assert.rejects(ort.InferenceSession.create(negate, { executionProviders: ['wasm'] }), {
    message:
      'no available backend found. ERR: [wasm] WebAssembly backend initializing failed due to timeout: 50ms',
  });
  silent.closeAllConnections();
  silent.close();
  Object.assign(ort.env.wasm, { wasmPaths: undefined, wasmBinary: wasm });
  await works(ort);
});

test('threads that cannot be had are told of', async () => {
  const ort = await fresh();
  ort.env.wasm.numThreads = 4;
  const { SharedArrayBuffer } = globalThis;
  delete globalThis.SharedArrayBuffer;
  try {
    assert.deepEqual(await warnings(() => works(ort)), [
      'WebAssembly multi-threading is not supported in the current environment. Falling back to single-threading.',
    ]);
  } finally {
    globalThis.SharedArrayBuffer = SharedArrayBuffer;
  }
  assert.equal(ort.env.wasm.numThreads, 1);
});

test('CommonJS finds its file too', async () => {
  await works(createRequire(import.meta.url)('../dist/ort.node.min.js'));
});

test('a script needs nothing of its host but WebAssembly', async () => {
  // Less than an AudioWorklet has: no TextDecoder, URL, fetch, performance, timers, console, self.
  const realm = vm.createContext({ bytes: wasm, negate });
  vm.runInContext(readFileSync(`${dist}ort.min.js`, 'utf8'), realm);
  const data = await vm.runInContext(
    `(async () => {
      ort.env.wasm.wasmModule = new WebAssembly.Module(bytes);
      const session = await ort.InferenceSession.create(negate);
      const { y } = await session.run({ x: new ort.Tensor('float32', [1, -2]) });
      return [...y.data];
    })()`,
    realm,
  );
  assert.deepEqual([...data], [-1, 2]);
});

for (const file of ['ort.min.mjs', 'ort.node.min.mjs', 'ort.min.js']) {
  test(`${file} is small, and has nothing that a strict page forbids`, () => {
    const text = readFileSync(dist + file, 'utf8');
    assert.ok(text.length <= 40 * 1024, `${text.length} bytes`);
    const forbidden = [/\beval\b/, /new Function/, /\bimport\s*\(/, /TextDecoder|TextEncoder/];
    for (const pattern of forbidden) assert.doesNotMatch(text, pattern);
  });
}
