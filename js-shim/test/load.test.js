// How the wasm file is found, and what is made of files that are not ours. Each case takes a fresh copy of the bundle,
// since a page loads the file once.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, mock, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import vm from 'node:vm';
import { forgetCopies } from './support/copies.js';
import { model, node, value } from './support/onnx.js';
import { warnings } from './support/warnings.js';

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

/** The bundle for browsers in a folder of its own: what is named elsewhere must be what is used. */
async function alone() {
  forgetCopies();
  const place = path.join(folder, `alone${copies++}`);
  mkdirSync(place);
  copyFileSync(`${dist}ort.min.mjs`, path.join(place, 'ort.min.mjs'));
  return import(pathToFileURL(path.join(place, 'ort.min.mjs')));
}

async function works(ort) {
  const session = await ort.InferenceSession.create(negate);
  const { y } = await session.run({ x: new ort.Tensor('float32', [1, -2]) });
  assert.deepEqual([...y.data], [-1, 2]);
}

const folder = mkdtempSync(path.join(tmpdir(), 'ort-'));
mkdirSync(path.join(folder, 'elsewhere'));
writeFileSync(path.join(folder, 'elsewhere', fileName), wasm);
writeFileSync(path.join(folder, 'renamed.wasm'), wasm);

const foreign = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
let foreignClosed = false;
const requests = [];
let address;
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  requests.push(pathname);
  if ([`/wasm/${fileName}`, `/relaxed/${fileName}`, `/relaxed/${relaxedName}`].includes(pathname)) response.setHeader('content-type', 'application/wasm').end(wasm);
  else if (pathname === `/plain/${fileName}`) response.end(wasm);
  else if (pathname === `/foreign/${fileName}`) {
    // Another runtime's file, of which more comes than anybody reads.
    response.setHeader('content-type', 'application/wasm').write(Buffer.concat([foreign, Buffer.alloc(100)]));
    response.on('close', () => (foreignClosed = true));
  } else if (pathname === `/page-as-wasm/${fileName}`) {
    response.setHeader('content-type', 'application/wasm').end('<!DOCTYPE html>');
  } else if (pathname === `/page/${fileName}`) response.setHeader('content-type', 'text/html').end('<!DOCTYPE html>');
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

const sharedBytes = () => {
  const bytes = new Uint8Array(new SharedArrayBuffer(wasm.length));
  bytes.set(wasm);
  return bytes.buffer;
};

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
  { what: 'a view', flags: () => ({ wasmBinary: new DataView(Uint8Array.from(wasm).buffer) }) },
  { what: 'shared bytes', flags: () => ({ wasmBinary: sharedBytes() }) },
  { what: 'a module', flags: () => ({ wasmModule: new WebAssembly.Module(wasm) }) },
];

for (const { what, flags } of named) {
  test(`${what} is taken`, async () => {
    const ort = await alone();
    Object.assign(ort.env.wasm, flags());
    assert.deepEqual(await warnings(() => works(ort)), []);
  });
}

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
    says: "env.wasm.wasmBinary is of another release (99) than this script (3).",
  },
  {
    flags: () => ({ wasmPaths: `${address}/page/` }),
    says: () => `env.wasm.wasmPaths (${address}/page/${fileName}) is a page, not a wasm file.`,
  },
  {
    flags: () => ({ wasmPaths: `${address}/page-as-wasm/` }),
    says: () => `env.wasm.wasmPaths (${address}/page-as-wasm/${fileName}) is a page, not a wasm file.`,
  },
  {
    flags: () => ({ wasmPaths: { mjs: 'https://example.invalid/x.mjs', wasm: `${address}/foreign/${fileName}` } }),
    says: () => `env.wasm.wasmPaths (${address}/foreign/${fileName}) is not the wasm file of this library.`,
  },
  { flags: () => ({ wasmModule: 'a.wasm' }), says: 'env.wasm.wasmModule is not a wasm file.' },
  { flags: () => ({ wasmBinary: {} }), says: 'env.wasm.wasmBinary is not a wasm file.' },
  {
    flags: () => ({ wasmModule: new WebAssembly.Module(older) }),
    says: "env.wasm.wasmModule is of another release (99) than this script (3).",
  },
  { flags: () => ({ wasmBinary: wasm.subarray(0, 5000) }), says: /^env\.wasm\.wasmBinary could not be compiled: WebAssembly/ },
  { flags: () => ({ wasmPaths: `${folder}/none` }), says: /wasmPaths \(.*none\/ort.*\) could not be read: ENOENT/ },
  {
    flags: () => ({ wasmPaths: 'http://127.0.0.1:1/' }),
    says: /^env\.wasm\.wasmPaths \(http:\/\/127\.0\.0\.1:1\/ort-wasm.*\) could not be read: no answer, or CORS/,
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
    assert.equal(told.length, 1);
    if (says instanceof RegExp) assert.match(told[0], says);
    const sentence = typeof says === 'function' ? says() : says;
    if (typeof sentence === 'string') {
      assert.equal(told[0], `${sentence} Used instead: the wasm file beside the script.`);
    }
  });
}

test('of a foreign file no more is read than its beginning', async () => {
  const ort = await fresh();
  ort.env.wasm.wasmPaths = `${address}/foreign/`;
  const cancel = mock.method(ReadableStream.prototype, 'cancel');
  const compile = mock.method(WebAssembly, 'compileStreaming');
  try {
    assert.equal((await warnings(() => works(ort))).length, 1);
    assert.equal(cancel.mock.callCount(), 1);
    assert.equal(compile.mock.callCount(), 0);
  } finally {
    cancel.mock.restore();
    compile.mock.restore();
  }
  for (let i = 0; i < 400 && !foreignClosed; i++) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(foreignClosed);
});

test('a foreign file is told of once, also when sessions need two kinds of module', async () => {
  const ort = await fresh();
  Object.assign(ort.env.wasm, { wasmBinary: foreign, numThreads: 1 });
  const told = await warnings(async () => {
    await works(ort);
    const session = await ort.InferenceSession.create(negate, { intraOpNumThreads: 2 });
    await session.release();
  });
  assert.equal(told.length, 1);
});

test('a module that was compiled elsewhere runs with one thread', async () => {
  const ort = await fresh();
  Object.assign(ort.env.wasm, { wasmModule: new WebAssembly.Module(wasm), numThreads: 2 });
  assert.deepEqual(await warnings(async () => (await works(ort), await works(ort))), [
    'env.wasm.wasmModule runs on one thread, env.wasm.wasmBinary on more.',
  ]);
  assert.equal(ort.env.wasm.numThreads, 1);
});

const relaxedName = 'ort-wasm-relaxedsimd-threaded.wasm';
const hasRelaxed = Number(process.versions.node.split('.')[0]) >= 22;
const noRelaxed = 'Relaxed WebAssembly SIMD is not supported in the current environment.';

for (const simd of [undefined, true, false, 'fixed']) {
  test(`env.wasm.simd ${simd} takes the usual file`, async () => {
    const ort = await fresh();
    Object.assign(ort.env.wasm, { simd, wasmPaths: `${address}/wasm/` });
    requests.length = 0;
    assert.deepEqual(await warnings(() => works(ort)), []);
    assert.deepEqual(requests, [`/wasm/${fileName}`]);
    assert.equal(ort.env.wasm.simd, simd);
  });
}

test('an unknown env.wasm.simd is told of and becomes false', async () => {
  const ort = await fresh();
  ort.env.wasm.simd = 'wide';
  assert.deepEqual(await warnings(async () => (await works(ort), await works(ort))), [
    'Property "env.wasm.simd" is set to unknown value "wide". ' +
      'Reset it to `false` and ignore SIMD feature checking.',
  ]);
  assert.equal(ort.env.wasm.simd, false);
});

test('SIMD that the host lacks is an error, unless nobody asks', async () => {
  const ort = await fresh();
  const validate = mock.method(WebAssembly, 'validate', () => false);
  try {
    await assert.rejects(ort.InferenceSession.create(negate), {
      message: /^no available backend found\. ERR: \[wasm\] WebAssembly SIMD is not supported in the current environment\./,
    });
    ort.env.wasm.simd = 'relaxed';
    const message = `no available backend found. ERR: [wasm] ${noRelaxed}`;
    await assert.rejects(ort.InferenceSession.create(negate, { executionProviders: ['wasm'] }), { message });
    assert.throws(() => ort.InferenceSession.createSync(negate), { message: noRelaxed });
    ort.env.wasm.simd = false;
    await works(ort);
  } finally {
    validate.mock.restore();
  }
});

test('the probes of SIMD tell what this host has', async () => {
  const { hasRelaxedSimd, hasSimd } = await import('../src/simd.js');
  assert.deepEqual([hasSimd(), hasRelaxedSimd()], [true, hasRelaxed]);
});

test('the file with relaxed SIMD is taken where asked for, and looked for once', { skip: !hasRelaxed }, async () => {
  for (const [place, found] of [['relaxed', true], ['wasm', false]]) {
    const ort = await fresh();
    Object.assign(ort.env.wasm, { simd: 'relaxed', numThreads: 1, wasmPaths: `${address}/${place}/` });
    requests.length = 0;
    assert.deepEqual(await warnings(async () => (await works(ort), await works(ort))), []);
    const usual = `/${place}/${fileName}`;
    assert.deepEqual(requests, found ? [`/${place}/${relaxedName}`] : [`/${place}/${relaxedName}`, usual]);
    await ort.InferenceSession.create(negate, { determinism: 'strict' });
    assert.deepEqual(requests, [`/${place}/${relaxedName}`, usual]);
  }
});

test('a failure says why, and may be mended', async () => {
  const ort = await alone();
  await assert.rejects(ort.InferenceSession.create(negate), {
    message: /^no available backend found\. ERR: \[wasm\] no wasm file could be loaded: .*, \[cpu\] no wasm file/,
  });
  ort.env.wasm.wasmBinary = wasm;
  await works(ort);
});

test('env.wasm.initTimeout is held to, and may be mended', async () => {
  const ort = await alone();
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
  test(`${file} is small`, () => {
    const { length } = readFileSync(dist + file, 'utf8');
    assert.ok(length <= 40 * 1024, `${length} bytes`);
  });

  test(`${file} has nothing that a strict page forbids, and imports the worker file alone`, () => {
    const text = readFileSync(dist + file, 'utf8');
    const forbidden = [/\beval\b/, /new Function/, /TextDecoder|TextEncoder/];
    for (const pattern of forbidden) assert.doesNotMatch(text, pattern);
    const imports = text.match(/\bimport\s*\([^)]*\)/g);
    assert.equal(imports.length, 1);
    assert.match(imports[0], /^import\(\/\* webpackIgnore: true \*\/\/\* @vite-ignore \*\/ \w+\)$/);
  });
}
