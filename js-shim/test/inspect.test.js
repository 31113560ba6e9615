// What a session tells beyond its outputs: values in between, memory, the optimised model.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import ort from '../dist/ort.node.min.mjs';
import { initializer, model, node, value } from './support/onnx.js';

const folder = mkdtempSync(path.join(tmpdir(), 'ort-'));
after(() => rmSync(folder, { recursive: true }));

const bytes = model({
  nodes: [node('MatMul', ['x', 'w'], ['h']), node('Relu', ['h'], ['y'])],
  initializers: [initializer('w', 'float32', [2, 2], Float32Array.of(1, -1, 1, -1))],
  inputs: [value('x', 'float32', ['n', 2])],
  outputs: [value('y', 'float32', ['n', 2])],
});
const x = new ort.Tensor('float32', [1, 2], [1, 2]);

for (const proxy of [false, true]) {
  const where = proxy ? 'in a worker' : 'here';

  test(`values in between are fetched by name, ${where}`, async () => {
    ort.env.wasm.proxy = proxy;
    for (const intermediates of [true, ['h']]) {
      const session = await ort.InferenceSession.create(bytes, { intermediates });
      const { h, y } = await session.run({ x }, ['h', 'y']);
      assert.deepEqual([[...h.data], [...y.data]], [[3, -3], [3, 0]]);
      assert.deepEqual([...(await session.run({ x }, { h: null })).h.data], [3, -3]);
      assert.deepEqual(Object.keys(await session.run({ x })), ['y']);
      await session.release();
    }
    const session = await ort.InferenceSession.create(bytes);
    await assert.rejects(session.run({ x }, ['h']), RangeError);
    await session.release();
    await assert.rejects(ort.InferenceSession.create(bytes, { intermediates: ['z'] }), /no value 'z'/);
    const all = await ort.InferenceSession.create(bytes, { intermediates: true });
    await assert.rejects(all.run({ x }, ['z']), /no output 'z'/);
    await all.release();
  });

  test(`memory is told in numbers, ${where}`, async () => {
    ort.env.wasm.proxy = proxy;
    const session = await ort.InferenceSession.create(bytes);
    const before = session.memory;
    assert.ok(before.weights >= 16 && before.peak >= before.weights);
    await session.run({ x: new ort.Tensor('float32', new Float32Array(2e5), [1e5, 2]) });
    assert.ok(session.memory.arena >= 8e5 && session.memory.peak > session.memory.arena);
    await session.release();
  });

  test(`the optimised model is written, and told, ${where}`, async () => {
    ort.env.wasm.proxy = proxy;
    const file = path.join(folder, `out${proxy}.onnx`);
    const session = await ort.InferenceSession.create(bytes, { optimizedModelFilePath: file });
    const written = readFileSync(file);
    assert.deepEqual(new Uint8Array(written), session.optimizedModel);
    await session.release();
    const again = await ort.InferenceSession.create(written);
    assert.deepEqual([...(await again.run({ x })).y.data], [3, 0]);
    assert.equal(again.optimizedModel, undefined);
    await again.release();
    await assert.rejects(ort.InferenceSession.create(bytes, { optimizedModelFilePath: path.join(folder, 'no/way') }), /ENOENT/);
  });
}
