// Values that are no plain tensors, in and out: sequences, maps, optionals, and elements of less than a byte.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { InferenceSession, Tensor } from '../dist/ort.node.min.mjs';
import { mapOf, model, node, optionalOf, sequenceOf, tensorOf, typedValue, value } from './support/onnx.js';

const f32 = (data, dims) => new Tensor('float32', data, dims);

/** A session of one node from inputs `x`, `i` … to `y`, each of a given type. */
const session = (opType, inputs, output, opset = 21, options = {}) =>
  InferenceSession.create(
    model({
      nodes: [node(opType, Object.keys(inputs), ['y'])],
      inputs: Object.entries(inputs).map(([name, type]) => typedValue(name, type)),
      outputs: [typedValue('y', output)],
      opset,
    }),
    options,
  );
const floats = sequenceOf(tensorOf('float32'));

const shapesAndData = (tensors) => tensors.map(({ type, dims, data }) => ({ type, dims, data: [...data] }));

test('a sequence of tensors comes back as it was', async () => {
  const running = await session('Identity', { x: floats }, floats);
  assert.deepEqual(running.inputMetadata, [{ name: 'x', isTensor: false }]);
  for (const x of [[], [f32([1])], [f32([1, 2]), f32([3, 4], [2, 1]), f32([], [0, 5]), f32([6], [])]]) {
    const { y } = await running.run({ x });
    assert.ok(y.every((tensor) => tensor instanceof Tensor));
    assert.deepEqual(shapesAndData(y), shapesAndData(x));
  }
});

test('a sequence of strings comes back as it was', async () => {
  const strings = sequenceOf(tensorOf('string'));
  const running = await session('Identity', { x: strings }, strings);
  const x = [new Tensor('string', ['a', 'é\0😀'], [2]), new Tensor('string', [''], [])];
  assert.deepEqual(shapesAndData((await running.run({ x })).y), shapesAndData(x));
});

test('operators of sequences', async () => {
  const at = await session('SequenceAt', { x: floats, i: tensorOf('int64') }, tensorOf('float32'));
  const { y } = await at.run({ x: [f32([1]), f32([2, 3])], i: new Tensor('int64', [-1n], []) });
  assert.deepEqual(shapesAndData([y]), [{ type: 'float32', dims: [2], data: [2, 3] }]);
  const made = await session('SequenceConstruct', { a: tensorOf('float32'), b: tensorOf('float32') }, floats);
  const list = (await made.run({ a: f32([1]), b: f32([2, 3]) })).y;
  assert.deepEqual(list.map(({ data }) => [...data]), [[1], [2, 3]]);
});

test('runs that wait keep the sequence as it was', async () => {
  const running = await session('Identity', { x: floats }, floats);
  const x = [f32([1])];
  const results = [1, 2, 3].map((first) => {
    x[0].data[0] = first;
    return running.run({ x });
  });
  x[0].data[0] = 9;
  assert.deepEqual((await Promise.all(results)).map(({ y }) => y[0].data[0]), [1, 2, 3]);
});

test('an optional takes a value or null, and gives either', async () => {
  const optional = optionalOf(tensorOf('float32'));
  const running = await session('Identity', { x: optional }, optional);
  assert.deepEqual(running.outputMetadata, [{ name: 'y', isTensor: false }]);
  assert.equal((await running.run({ x: null })).y, null);
  assert.deepEqual(shapesAndData([(await running.run({ x: f32([1, 2]) })).y]), shapesAndData([f32([1, 2])]));
  const ofList = optionalOf(floats);
  const { y } = await (await session('Identity', { x: ofList }, ofList)).run({ x: [f32([1]), f32([2])] });
  assert.deepEqual(shapesAndData(y), shapesAndData([f32([1]), f32([2])]));
  const has = await session('OptionalHasElement', { x: optionalOf(tensorOf('float32')) }, tensorOf('bool'));
  assert.deepEqual([...(await has.run({ x: null })).y.data], [0]);
  assert.deepEqual([...(await has.run({ x: f32([1]) })).y.data], [1]);
});

test('an optional sequence takes an array or null', async () => {
  const optional = optionalOf(floats);
  const running = await session('Identity', { x: optional }, optional);
  const has = await session('OptionalHasElement', { x: optional }, tensorOf('bool'));
  const element = await session('OptionalGetElement', { x: optional }, floats);
  for (const x of [null, [], [f32([1])]]) {
    const { y } = await running.run({ x });
    assert.deepEqual(y && shapesAndData(y), x && shapesAndData(x));
    assert.deepEqual([...(await has.run({ x })).y.data], [x ? 1 : 0]);
    if (x) assert.deepEqual(shapesAndData((await element.run({ x })).y), shapesAndData(x));
  }
  await assert.rejects(element.run({ x: null }), /the optional has no element/);
  await assert.rejects(running.run({ x: f32([1]) }), /input 'x' must be a sequence, got a tensor/);
  await assert.rejects(running.run({}), /input 'x' is missing in 'feeds'/);
});

test('an optimised model declares its optional sequence as one', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ort-'));
  try {
    const optional = optionalOf(floats);
    const options = { optimizedModelFilePath: path.join(folder, 'optimized.onnx') };
    const { optimizedModel } = await session('OptionalHasElement', { x: optional }, tensorOf('bool'), 21, options);
    const again = await InferenceSession.create(optimizedModel);
    for (const x of [null, [f32([1])]]) assert.deepEqual([...(await again.run({ x })).y.data], [x ? 1 : 0]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const maps = [
  { key: 'string', element: 'float32', x: new Map([['a', 0.5], ['', -1]]) },
  { key: 'int64', element: 'float32', x: new Map([[1n, 0.25], [-(2n ** 63n), 2]]) },
  { key: 'int64', element: 'int64', x: new Map([[7n, 8n]]) },
  { key: 'string', element: 'string', x: new Map([['k', 'v'], ['é', '😀']]) },
  { key: 'int64', element: 'float32', x: new Map([[3, 1]]), y: new Map([[3n, 1]]) },
  { key: 'string', element: 'float32', x: new Map() },
  { key: 'int64', element: 'float64', x: new Map([[1n, 0.1], [2n, -1e300]]) },
  { key: 'string', element: 'float64', x: new Map([['a', 0.1]]) },
  { key: 'string', element: 'int64', x: new Map([['a', 7]]), y: new Map([['a', 7n]]) },
  { key: 'string', element: 'int64', x: new Map([['a', 2n ** 62n]]) },
  { key: 'string', element: 'int64', x: new Map() },
  { key: 'int64', element: 'string', x: new Map([[1, 'v']]), y: new Map([[1n, 'v']]) },
];

const wrongMaps = [
  { key: 'string', element: 'float32', x: new Map([['a', 'b']]), error: /^TypeError: input 'x': the Map needs float32 here, got a string$/ },
  { key: 'string', element: 'string', x: new Map([['a', 1]]), error: /^TypeError: tensor data at index 0 is not a string$/ },
  { key: 'int64', element: 'float32', x: new Map([[1, 1], ['a', 2]]), error: /^TypeError: input 'x': the Map needs int64 here, got a string$/ },
  { key: 'string', element: 'float64', x: new Map([['a', 1n]]), error: /^TypeError: .*BigInt/ },
  { key: 'string', element: 'int64', x: new Map([['a', 1.5]]), error: /^RangeError: .*1\.5/ },
];

for (const { key, element, x, error } of wrongMaps) {
  test(`a map of ${key} to ${element} refuses ${[...x]}`, async () => {
    const type = mapOf(key, tensorOf(element));
    await assert.rejects((await session('Identity', { x: type }, type)).run({ x }), error);
  });
}

for (const { key, element, x, y = x } of maps) {
  test(`a map of ${key} to ${element} comes back: ${[...x]}`, async () => {
    const type = mapOf(key, tensorOf(element));
    const running = await session('Identity', { x: type }, type);
    assert.deepEqual((await running.run({ x })).y, y);
  });
}

test('a sequence of maps comes back, as classifiers have it', async () => {
  const type = sequenceOf(mapOf('string', tensorOf('float32')));
  const running = await session('Identity', { x: type }, type);
  const x = [new Map([['cat', 0.75], ['dog', 0.25]]), new Map([['cat', 0], ['dog', 1]])];
  assert.deepEqual((await running.run({ x })).y, x);
});

const kinds = [
  { type: floats, x: f32([1]), message: "input 'x' must be a sequence, got a tensor" },
  { type: floats, x: null, message: "input 'x' must be a sequence, got nothing" },
  { type: floats, x: new Map(), message: "input 'x' must be a sequence, got a map" },
  { type: tensorOf('float32'), x: [f32([1])], message: "input 'x' must be a tensor, got a sequence" },
  { type: tensorOf('float32'), x: null, message: "input 'x' must be a tensor, got nothing" },
  { type: mapOf('string', tensorOf('float32')), x: [], message: "input 'x' must be a map, got a sequence" },
];

for (const { type, x, message } of kinds) {
  test(`a value of another kind: ${message}`, async () => {
    const running = await session('Identity', { x: type }, type);
    await assert.rejects(running.run({ x }), { name: 'TypeError', message });
  });
}

test('a map of mixed keys or values is refused', async () => {
  const type = mapOf('string', tensorOf('float32'));
  const running = await session('Identity', { x: type }, type);
  await assert.rejects(running.run({ x: new Map([['a', 1], [5, 2]]) }), {
    message: 'tensor data at index 1 is not a string',
  });
  await assert.rejects(running.run({ x: new Map([[1n, 1], ['b', 2]]) }), Error);
  assert.deepEqual((await running.run({ x: new Map([['a', 1]]) })).y, new Map([['a', 1]]));
});

test('a sequence or map cannot be filled, and the session goes on', async () => {
  const running = await session('Identity', { x: floats }, floats);
  await assert.rejects(running.run({ x: [f32([1])] }, { y: f32([0]) }), {
    message: "[ERROR_CODE: 2] output 'y': the tensor to fill is float32 [1], the model returned no tensor",
  });
  assert.equal((await running.run({ x: [f32([1])] })).y.length, 1);
});

/** Five elements, as packed bytes and one a byte; the packed ones come back. */
const packed = {
  uint4: { bits: 4, elements: [1, 15, 0, 7, 9] },
  int4: { bits: 4, elements: [-1, -8, 7, 0, 3] },
  float4e2m1: { bits: 4, elements: [1, 15, 8, 0, 5] },
  uint2: { bits: 2, elements: [3, 0, 1, 2, 3] },
  int2: { bits: 2, elements: [-1, -2, 0, 1, -1] },
};
const moving = (type) =>
  InferenceSession.create(
    model({
      nodes: [node('Unsqueeze', ['x', 'axes'], ['y'])],
      inputs: [value('x', type, ['n']), value('axes', 'int64', [1])],
      outputs: [value('y', type, [1, 'n'])],
      opset: 25,
    }),
  );
const axes = new Tensor('int64', [0n]);

for (const [type, { bits, elements }] of Object.entries(packed)) {
  test(`${type} passes packed, and is packed where it is not`, async () => {
    const bytes = new Uint8Array(Math.ceil((elements.length * bits) / 8));
    elements.forEach((element, i) => {
      bytes[Math.floor((i * bits) / 8)] |= (element & ((1 << bits) - 1)) << ((i * bits) % 8);
    });
    const running = await moving(type);
    assert.equal(running.inputMetadata[0].type, type);
    for (const data of [bytes, Uint8Array.from(elements)]) {
      const { y } = await running.run({ x: new Tensor(type, data, [5]), axes });
      assert.deepEqual([y.type, y.dims, y.size, y.data], [type, [1, 5], 5, bytes]);
    }
  });
}

for (const type of ['float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz', 'float8e8m0']) {
  test(`${type} passes bit by bit`, async () => {
    const data = Uint8Array.of(0, 1, 127, 128, 255);
    const running = await moving(type);
    const { y } = await running.run({ x: new Tensor(type, data, [5]), axes });
    assert.deepEqual([y.type, y.dims, y.data], [type, [1, 5], data]);
  });
}

test('float16 is fed and filled in either array', async () => {
  const running = await moving('float16');
  const bits = Uint16Array.of(0x8000, 0x3c00, 0xfc00);
  const plain = { type: 'float16', dims: [3], location: 'cpu', data: bits };
  const { y } = await running.run({ x: plain, axes });
  assert.deepEqual([...new Uint16Array(y.data.buffer)], [...bits]);
  const target = { ...plain, dims: [1, 3], data: new Uint16Array(3) };
  assert.equal((await running.run({ x: new Tensor('float16', bits), axes }, { y: target })).y, target);
  assert.deepEqual(target.data, bits);
  if (typeof Float16Array !== 'function') return;
  const floats = { ...plain, data: Float16Array.of(-0, 1, -Infinity) };
  assert.deepEqual((await running.run({ x: floats, axes })).y.data, floats.data);
});

test('tensors over shared memory are fed and filled', async () => {
  const running = await moving('float32');
  const shared = (dims) => new Tensor('float32', new Float32Array(new SharedArrayBuffer(12)), dims);
  const [x, target] = [shared([3]), shared([1, 3])];
  x.data.set([1, 2, 3]);
  assert.equal((await running.run({ x, axes }, { y: target })).y, target);
  assert.deepEqual([...target.data], [1, 2, 3]);
});
