// The host is asked for what it has; nothing is chosen when the script is built.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { builtin, isFile, nextTurn, now, readWasmNow } from '../src/host.js';

/** Does `act` where those globals are missing. */
async function without(names, act) {
  const kept = names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]);
  for (const name of names) delete globalThis[name];
  try {
    return await act();
  } finally {
    for (const [name, descriptor] of kept) Object.defineProperty(globalThis, name, descriptor);
  }
}

for (const missing of [[], ['setImmediate'], ['setImmediate', 'MessageChannel']]) {
  test(`other work goes on without ${missing.join(' and ') || 'lacking anything'}`, async () => {
    let turns = 0;
    const { setTimeout } = globalThis;
    const timer = setInterval(() => turns++, 0);
    await without(missing, async () => {
      for (let i = 0; i < 200 && turns === 0; i++) {
        await nextTurn();
        await new Promise((resolve) => setTimeout(resolve));
      }
    });
    clearInterval(timer);
    assert.ok(turns > 0);
  });
}

test('where nothing gives turns, work goes on', async () => {
  await without(['setImmediate', 'MessageChannel', 'setTimeout'], nextTurn);
});

test('a clock is always there', async () => {
  assert.ok(now() > 0);
  await without(['performance'], () => assert.ok(now() > 1e12));
});

const files = ['model.onnx', '/a/model.onnx', './a b.onnx', 'C:\\a.onnx', 'C:/a.onnx', 'file:///a.onnx', 'a:b'];
const addresses = ['http://a/b', 'https://a/b', 'data:,x', 'blob:nodedata:1', 'chrome-extension://a/b', 'HTTP://a'];
test('what is a file', async () => {
  for (const file of files) assert.ok(isFile(file), file);
  for (const address of addresses) assert.ok(!isFile(address), address);
  await without(['process'], () => {
    assert.equal(builtin('fs'), undefined);
    for (const file of files) assert.ok(!isFile(file), file);
    assert.throws(() => readWasmNow('a.wasm'), { message: 'it cannot be read without waiting' });
  });
});

test('the bundle for browsers leaves a Node process free to end', () => {
  const script = `
    import { InferenceSession } from ${JSON.stringify(new URL('../dist/ort.min.mjs', import.meta.url).href)};
    await InferenceSession.create('/none.onnx', { yieldEveryMs: 1 }).catch((error) => console.log(error.code));`;
  const answer = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    timeout: 20_000,
  });
  assert.equal(String(answer), '3\n');
});
