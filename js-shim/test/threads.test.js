// Worker threads: the results are those of one thread, workers come and go, and what goes wrong in one is told.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, mock, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { forgetCopies } from './support/copies.js';
import { model, node, value } from './support/onnx.js';
import { warnings } from './support/warnings.js';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const size = 192;
const products = model({
  nodes: [node('MatMul', ['a', 'b'], ['c']), node('Relu', ['c'], ['d']), node('MatMul', ['d', 'b'], ['e'])],
  inputs: [value('a', 'float32', [size, size]), value('b', 'float32', [size, size])],
  outputs: [value('e', 'float32', [size, size])],
});
const matrix = (ort, seed) =>
  new ort.Tensor('float32', Float32Array.from({ length: size * size }, (_, i) => Math.sin(i * seed)), [size, size]);
const feedsFor = (ort) => ({ a: matrix(ort, 0.7), b: matrix(ort, 1.3) });

let copies = 0;
async function fresh(threads, folder = dist) {
  forgetCopies();
  const ort = await import(`${pathToFileURL(folder)}/ort.node.min.mjs?threads${copies++}`);
  ort.env.wasm.numThreads = threads;
  return ort;
}

async function products1() {
  const ort = await fresh(1);
  const session = await ort.InferenceSession.create(products);
  return (await session.run(feedsFor(ort))).e.data;
}

/** Every message that goes to a worker while `act` runs. */
async function posted(act) {
  const spy = mock.method(Worker.prototype, 'postMessage');
  try {
    await act();
    return spy.mock.calls.map((call) => call.arguments[0]);
  } finally {
    spy.mock.restore();
  }
}

const folders = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));
/** A copy of the bundle with another worker file, or none. */
function distWith(worker) {
  const folder = mkdtempSync(path.join(tmpdir(), 'ort-'));
  folders.push(folder);
  for (const file of ['ort.node.min.mjs', 'ort-wasm-simd-threaded.wasm']) copyFileSync(dist + file, path.join(folder, file));
  if (worker !== undefined) writeFileSync(path.join(folder, 'ort-wasm-worker.mjs'), worker);
  return folder;
}

test('two and four threads give the bytes that one gives, run after run', async () => {
  const expected = await products1();
  for (const threads of [2, 4]) {
    const ort = await fresh(threads);
    const session = await ort.InferenceSession.create(products);
    assert.equal(ort.env.wasm.numThreads, threads);
    for (let run = 0; run < 20; run++) {
      const { e } = await session.run(feedsFor(ort));
      assert.deepEqual(e.data, expected);
    }
    await session.release();
  }
});

test('a session tells workers of its memory once, and again when it goes', async () => {
  const ort = await fresh(3);
  const messages = await posted(async () => {
    const session = await ort.InferenceSession.create(products);
    await session.run(feedsFor(ort));
    await session.run(feedsFor(ort));
    await session.release();
  });
  const attached = messages.filter((message) => message.module);
  assert.deepEqual(attached.map((message) => message.slot), [1, 2]);
  for (const { memory } of attached) assert.ok(memory.buffer instanceof SharedArrayBuffer);
  assert.equal(messages.filter((message) => message.session && !message.module).length, 2);
});

test('memory may grow while workers are at work', async () => {
  const ort = await fresh(3);
  const session = await ort.InferenceSession.create(
    model({
      nodes: [node('MatMul', ['a', 'b'], ['c']), node('MatMul', ['c', 'b'], ['d'])],
      inputs: [value('a', 'float32', ['n', 64]), value('b', 'float32', [64, 64])],
      outputs: [value('d', 'float32', ['n', 64])],
    }),
  );
  const b = new ort.Tensor('float32', new Float32Array(64 * 64).fill(1 / 64), [64, 64]);
  for (let rows = 64; rows < 20_000; rows = Math.ceil(rows * 1.2)) {
    const { d } = await session.run({ a: new ort.Tensor('float32', new Float32Array(rows * 64).fill(rows), [rows, 64]), b });
    assert.ok(d.data.every((element) => element === rows));
  }
  await session.release();
});

test('sessions share the workers, and their runs may overlap', async () => {
  const expected = await products1();
  const ort = await fresh(2);
  const sessions = await Promise.all(Array.from({ length: 4 }, () => ort.InferenceSession.create(products)));
  const runs = Array.from({ length: 20 }, (_, i) => sessions[i % 4].run(feedsFor(ort), { yieldEveryMs: 1 }));
  for (const { e } of await Promise.all(runs)) assert.deepEqual(e.data, expected);
  await Promise.all(sessions.map((session) => session.release()));
});

test('a release settles while its caller awaits nothing but runs', async () => {
  for (const threads of [1, 2]) {
    const ort = await fresh(threads);
    const adding = model({
      nodes: [node('Add', ['a', 'a'], ['b'])],
      inputs: [value('a', 'float32', ['n'])],
      outputs: [value('b', 'float32', ['n'])],
    });
    const [one, other] = [await ort.InferenceSession.create(adding), await ort.InferenceSession.create(adding)];
    const feeds = (count) => ({ a: new ort.Tensor('float32', new Float32Array(count).fill(1), [count]) });
    // So much memory that its collection is waited for.
    await one.run(feeds(4 << 20));
    let settled = false;
    one.release().then(() => (settled = true));
    assert.ok(!settled);
    let runs = 0;
    while (!settled && runs < 5000) {
      runs++;
      assert.equal((await other.run(feeds(3))).b.data[2], 2);
    }
    assert.ok(settled && runs > 1, `${threads} threads, ${runs} runs`);
    // Nor does a run give way any more.
    let turned = false;
    setImmediate(() => (turned = true));
    await other.run(feeds(3));
    assert.ok(!turned);
    await other.release();
  }
});

test('intraOpNumThreads is a session’s own count', async () => {
  const ort = await fresh(1);
  const slots = async (options) => {
    const messages = await posted(async () => {
      const session = await ort.InferenceSession.create(products, options);
      await session.run(feedsFor(ort));
      await session.release();
    });
    return messages.filter((message) => message.module).length;
  };
  assert.equal(await slots({}), 0);
  assert.equal(await slots({ intraOpNumThreads: 3 }), 2);
  assert.equal(await slots({ intraOpNumThreads: 1 }), 0);
  assert.equal(ort.env.wasm.numThreads, 1);
});

test('a worker that looks for the memory of one session works for others meanwhile', async () => {
  // A worker in which the collector never finds anything tells when it works, and when it has it look.
  const telling = `
    import { parentPort } from 'node:worker_threads';
    const Instance = WebAssembly.Instance;
    WebAssembly.Instance = function (module, imports) {
      const exports = { ...new Instance(module, imports).exports };
      const work = exports.apus_work;
      exports.apus_work = (...place) => (parentPort?.postMessage({ told: 'work' }), work(...place));
      return { exports };
    };
    globalThis.WeakRef = class {
      #hasLooked = true;
      // Asked before a look and after it.
      deref() {
        this.#hasLooked = !this.#hasLooked;
        if (this.#hasLooked) parentPort?.postMessage({ told: 'look' });
        return this;
      }
    };`;
  const ort = await fresh(2, distWith(telling + readFileSync(`${dist}ort-wasm-worker.mjs`, 'utf8')));
  const [one, other] = await Promise.all([1, 2].map(() => ort.InferenceSession.create(products)));
  const spy = mock.method(Worker.prototype, 'postMessage');
  for (const session of [one, other]) await session.run(feedsFor(ort));
  const worker = spy.mock.calls[0].this;
  spy.mock.restore();
  const seen = [];
  worker.on('message', ({ told }) => told && seen.push(told));
  const looks = () => seen.filter((what) => what === 'look').length;
  await one.release();
  for (let run = 0; run < 5000 && looks() < 10; run++) {
    await other.run(feedsFor(ort));
    // What the worker tells comes with a turn of the event loop only.
    await new Promise(setImmediate);
  }
  assert.equal(looks(), 10);
  assert.ok(seen.slice(0, seen.lastIndexOf('look')).includes('work'), `${seen}`);
  await other.release();
});

test('a worker that fails ends the session that waits for it, and no other', async () => {
  const ort = await fresh(2);
  const other = await ort.InferenceSession.create(products);
  const session = await ort.InferenceSession.create(products);
  let attached;
  const messages = await posted(() => session.run(feedsFor(ort)));
  [attached] = messages.filter((message) => message.module);
  // As thread.js leaves it when wasm traps: it took part in a loop, and will not come back.
  const team = new Int32Array(attached.memory.buffer, attached.team, 128);
  Atomics.add(team, 80, 1);
  Atomics.store(team, 16, 1);
  await assert.rejects(session.run(feedsFor(ort)), {
    message: /the session stopped at node '.*' \(.*\) and cannot be used any more/,
    opType: 'MatMul',
  });
  await assert.rejects(session.run(feedsFor(ort)), /cannot be used any more/);
  assert.equal((await other.run(feedsFor(ort))).e.data.length, size * size);
});

const broken = [
  { what: 'is missing', worker: undefined, says: /could not be loaded: Cannot find module/ },
  { what: 'does not parse', worker: 'this is no module', says: /could not be loaded/ },
  {
    what: 'is of another build',
    worker: "export const build = 'old';",
    says: /is of another build \(old\) than this script/,
  },
];
for (const { what, worker, says } of broken) {
  test(`where the worker file ${what} there is one warning, and one thread`, async () => {
    const expected = await products1();
    const ort = await fresh(2, distWith(worker));
    const told = await warnings(async () => {
      const session = await ort.InferenceSession.create(products);
      assert.deepEqual((await session.run(feedsFor(ort))).e.data, expected);
      assert.equal(ort.env.wasm.numThreads, 1);
      await (await ort.InferenceSession.create(products)).release();
    });
    assert.equal(told.length, 1);
    assert.match(told[0], says);
  });
}

test('one thread asks for no worker file', async () => {
  const ort = await fresh(1, distWith(undefined));
  const told = await warnings(async () => {
    const session = await ort.InferenceSession.create(products);
    await session.run(feedsFor(ort));
    await session.release();
  });
  assert.deepEqual(told, []);
});

test('a worker file that was missing is asked for again by the next session', async () => {
  const folder = distWith(undefined);
  const ort = await fresh(2, folder);
  assert.equal((await warnings(() => ort.InferenceSession.create(products))).length, 1);
  assert.equal(ort.env.wasm.numThreads, 1);
  copyFileSync(`${dist}ort-wasm-worker.mjs`, path.join(folder, 'ort-wasm-worker.mjs'));
  ort.env.wasm.numThreads = 2;
  const messages = await posted(async () => {
    const session = await ort.InferenceSession.create(products);
    await session.run(feedsFor(ort));
    await session.release();
  });
  assert.deepEqual(messages.filter((message) => message.module).map((message) => message.slot), [1]);
});

test('a worker file that does not answer is waited for ten seconds', async () => {
  const stopped = `
    import { isMainThread } from 'node:worker_threads';
    if (!isMainThread) await new Promise(() => setInterval(() => {}, 1000));
  `;
  const ort = await fresh(2, distWith(stopped + readFileSync(`${dist}ort-wasm-worker.mjs`, 'utf8')));
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const told = await warnings(async () => {
      const created = ort.InferenceSession.create(products);
      const limit = setInterval(() => mock.timers.tick(5000), 200);
      await (await created).release();
      clearInterval(limit);
    });
    assert.deepEqual(told.map((text) => text.includes('did not answer within 10 s')), [true]);
    assert.equal(ort.env.wasm.numThreads, 1);
  } finally {
    mock.timers.reset();
  }
});

test('the worker file is also looked for under a prefix in wasmPaths', async () => {
  const ort = await fresh(2, distWith(undefined));
  ort.env.wasm.wasmPaths = dist;
  const told = await warnings(async () => {
    const session = await ort.InferenceSession.create(products);
    await session.run(feedsFor(ort));
  });
  assert.deepEqual(told, []);
  assert.equal(ort.env.wasm.numThreads, 2);
});

test('a compiled module has one thread, and there is a warning', async () => {
  const expected = await products1();
  const ort = await fresh(2);
  ort.env.wasm.wasmModule = new WebAssembly.Module(readFileSync(`${dist}ort-wasm-simd-threaded.wasm`));
  const told = await warnings(async () => {
    const session = await ort.InferenceSession.create(products, { intraOpNumThreads: 2 });
    assert.deepEqual((await session.run(feedsFor(ort))).e.data, expected);
  });
  assert.equal(told.length, 1);
  assert.match(told[0], /^env.wasm.wasmModule runs on one thread/);
  assert.equal(ort.env.wasm.numThreads, 1);
});

test('a process ends by itself while workers wait', () => {
  const program = `
    import ort from ${JSON.stringify(pathToFileURL(dist).href + 'ort.node.min.mjs')};
    ort.env.wasm.numThreads = 3;
    const session = await ort.InferenceSession.create(new Uint8Array(${JSON.stringify([...products])}));
    const zeros = () => new ort.Tensor('float32', new Float32Array(${size * size}), [${size}, ${size}]);
    await session.run({ a: zeros(), b: zeros() });
    console.log(ort.env.wasm.numThreads);`;
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', program], { timeout: 20_000 });
  assert.equal(out.toString().trim(), '3');
});
