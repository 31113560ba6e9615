// What `env.debug` tells of, with the bundle: feeds that are allowed and seldom meant, and flags set too late.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { InferenceSession, Tensor, env } from '../dist/ort.node.min.mjs';
import { model, node, value } from './support/onnx.js';

let warn;
beforeEach(() => {
  env.debug = true;
  warn = mock.method(console, 'warn', () => {});
});
afterEach(() => {
  env.debug = undefined;
  warn.mock.restore();
});
const told = () => warn.mock.calls.map((call) => call.arguments[0]);

/** A session that takes any tensor `x` of the type. */
const session = (type) =>
  InferenceSession.create(
    model({
      nodes: [node('Identity', ['x'], ['y'])],
      inputs: [value('x', type)],
      outputs: [value('y', type)],
    }),
  );
const changed = (tensor, dims) => Object.assign(tensor, { dims });

const feeds = [
  { x: new Tensor('float32', [1, 2]), says: [] },
  { x: new Tensor('float32', ['1', 'x', 'y']), says: ["[apus] input 'x' has NaN at element 1."] },
  { x: new Tensor('float64', [NaN]), says: ["[apus] input 'x' has NaN at element 0."] },
  { x: new Tensor('float16', Uint16Array.of(0x7c00, 0xfc01)), says: ["[apus] input 'x' has NaN at element 1."] },
  { x: new Tensor('bfloat16', Uint16Array.of(0xff80, 0x7fc0)), says: ["[apus] input 'x' has NaN at element 1."] },
  { x: new Tensor('bfloat16', Uint16Array.of(0xff80)), says: [] },
  { x: new Tensor('int64', [1n]), says: [] },
  { x: new Tensor('string', ['NaN']), says: [] },
  { x: new Tensor('uint8', new Uint8Array(3)), says: [] },
  {
    x: changed(new Tensor('int32', [1, 2, 3, 4]), [3]),
    says: ["[apus] input 'x': dims [3] take 3 of 4 elements."],
  },
];

for (const { x, says } of feeds) {
  test(`a feed of ${x.type} [${x.data}] as [${x.dims}] ${says.length ? 'is told of' : 'passes'}`, async () => {
    const running = await session(x.type);
    await running.run({ x });
    // The output is the same tensor, with all its elements.
    const ofOutput = says.filter((text) => text.includes('NaN')).map((text) => text.replace("input 'x'", "output 'y'"));
    assert.deepEqual(told(), [...says, ...ofOutput]);
    env.debug = false;
    await running.run({ x });
    assert.equal(told().length, says.length + ofOutput.length);
  });
}

test('flags that change after the first session are told of, once a change', async () => {
  await session('float32');
  assert.deepEqual(told(), []);
  const text = (name) =>
    `[apus] env.wasm.${name} was changed after the wasm file was loaded, which is too late.`;
  env.wasm.wasmPaths = '/late/';
  await session('float32');
  await session('float32');
  assert.deepEqual(told(), [text('wasmPaths')]);
  env.wasm = { ...env.wasm, wasmPaths: '/later/', wasmBinary: new Uint8Array(4) };
  await session('float32');
  assert.deepEqual(told().slice(1).sort(), [text('wasmBinary'), text('wasmPaths')]);
  env.debug = false;
  env.wasm.initTimeout = 5;
  await session('float32');
  assert.equal(told().length, 3);
});
