import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tensor } from '../src/tensor.js';
import { rejectsExactly, throwsExactly } from './support/throws.js';

const hasFloat16 = typeof Float16Array === 'function';
const Half = hasFloat16 ? Float16Array : Uint16Array;

/** `new Tensor(...args)` has this type, these dims and these elements in this array. */
const made = [
  { args: ['float32', [1, 2, 3, 4], [2, 2]], type: 'float32', dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
  { args: ['float32', ['1', 'x', true], [3]], type: 'float32', dims: [3], data: Float32Array.of(1, NaN, 1) },
  { args: ['uint8', [256, -1]], type: 'uint8', dims: [2], data: Uint8Array.of(0, 255) },
  { args: ['int8', [1]], type: 'int8', dims: [1], data: Int8Array.of(1) },
  { args: ['uint16', [1]], type: 'uint16', dims: [1], data: Uint16Array.of(1) },
  { args: ['int16', [1]], type: 'int16', dims: [1], data: Int16Array.of(1) },
  { args: ['int32', [7], []], type: 'int32', dims: [], data: Int32Array.of(7) },
  { args: ['int64', [1, 2n, '3']], type: 'int64', dims: [3], data: BigInt64Array.of(1n, 2n, 3n) },
  { args: ['uint64', [1]], type: 'uint64', dims: [1], data: BigUint64Array.of(1n) },
  { args: ['float64', [0.5]], type: 'float64', dims: [1], data: Float64Array.of(0.5) },
  { args: ['uint32', [5]], type: 'uint32', dims: [1], data: Uint32Array.of(5) },
  { args: ['bool', [true, false]], type: 'bool', dims: [2], data: Uint8Array.of(1, 0) },
  { args: ['bool', Uint8Array.of(2, 255)], type: 'bool', dims: [2], data: Uint8Array.of(2, 255) },
  { args: ['string', ['a', 'b']], type: 'string', dims: [2], data: ['a', 'b'] },
  { args: ['float32', [], [0, 3]], type: 'float32', dims: [0, 3], data: new Float32Array(0) },
  {
    args: ['float32', new Float32Array(0), [1, 8, 0, 128]],
    type: 'float32',
    dims: [1, 8, 0, 128],
    data: new Float32Array(0),
  },
  { args: ['uint8', Buffer.from([1, 2])], type: 'uint8', dims: [2], data: Buffer.from([1, 2]) },
  { args: ['uint8', Uint8ClampedArray.of(9)], type: 'uint8', dims: [1], data: Uint8Array.of(9) },
  { args: ['uint4', Uint8Array.of(0x21, 0x03), [3]], type: 'uint4', dims: [3], data: Uint8Array.of(0x21, 0x03) },
  { args: ['int4', Uint8Array.of(1, 2, 3), [3]], type: 'int4', dims: [3], data: Uint8Array.of(1, 2, 3) },
  { args: ['int2', Uint8Array.of(0x1b), [4]], type: 'int2', dims: [4], data: Uint8Array.of(0x1b) },
  { args: ['uint2', Uint8Array.of(0, 1, 2), [3]], type: 'uint2', dims: [3], data: Uint8Array.of(0, 1, 2) },
  { args: ['float4e2m1', Uint8Array.of(0x21), [2]], type: 'float4e2m1', dims: [2], data: Uint8Array.of(0x21) },
  { args: ['float8e8m0', Uint8Array.of(127)], type: 'float8e8m0', dims: [1], data: Uint8Array.of(127) },
  ...['float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2fnuz'].map((type) => {
    return { args: [type, Uint8Array.of(1, 255)], type, dims: [2], data: Uint8Array.of(1, 255) };
  }),
  { args: ['bfloat16', Uint16Array.of(0x3f80)], type: 'bfloat16', dims: [1], data: Uint16Array.of(0x3f80) },
  { args: ['float8e5m2', Uint8Array.of(0x3c)], type: 'float8e5m2', dims: [1], data: Uint8Array.of(0x3c) },
  {
    args: ['float16', Uint16Array.of(0x3c00)],
    type: 'float16',
    dims: [1],
    data: new Half(Uint16Array.of(0x3c00).buffer),
  },
  { args: [Float32Array.of(1)], type: 'float32', dims: [1], data: Float32Array.of(1) },
  { args: [BigInt64Array.of(1n, 2n), [2, 1]], type: 'int64', dims: [2, 1], data: BigInt64Array.of(1n, 2n) },
  { args: [Uint8Array.of(1)], type: 'uint8', dims: [1], data: Uint8Array.of(1) },
  { args: [Uint16Array.of(1)], type: 'uint16', dims: [1], data: Uint16Array.of(1) },
  { args: [Uint8ClampedArray.of(1)], type: 'uint8', dims: [1], data: Uint8Array.of(1) },
  { args: [['x', 'y'], [1, 2]], type: 'string', dims: [1, 2], data: ['x', 'y'] },
  { args: [[true, false]], type: 'bool', dims: [2], data: Uint8Array.of(1, 0) },
];

for (const { args, type, dims, data } of made) {
  test(`new Tensor(${args.map(show).join(', ')})`, () => {
    const tensor = new Tensor(...args);
    assert.deepEqual([tensor.type, tensor.dims, tensor.location], [type, dims, 'cpu']);
    assert.equal(tensor.size, dims.reduce((a, b) => a * b, 1));
    assert.deepEqual(tensor.data, data);
  });
}

const refused = [
  { args: ['float32', 'abc'], Kind: TypeError, message: `A float32 tensor's data must be type of ${Float32Array}` },
  {
    args: ['float32', new ArrayBuffer(4)],
    Kind: TypeError,
    message: `A float32 tensor's data must be type of ${Float32Array}`,
  },
  {
    args: ['int32', Float32Array.of(1)],
    Kind: TypeError,
    message: `A int32 tensor's data must be type of ${Int32Array}`,
  },
  {
    args: ['bool', Uint8ClampedArray.of(1)],
    Kind: TypeError,
    message: "A Uint8ClampedArray tensor's data must be type of uint8",
  },
  { args: ['string', Uint8Array.of(1)], Kind: TypeError, message: "A string tensor's data must be a string array." },
  { args: ['complex64', Float32Array.of(1, 1)], Kind: TypeError, message: 'Unsupported tensor type: complex64.' },
  { args: ['nothing', [1]], Kind: TypeError, message: 'Unsupported tensor type: nothing.' },
  {
    args: ['uint4', [1, 2]],
    Kind: TypeError,
    message: 'Creating a uint4 tensor from number array is not supported. Please use Uint8Array as data.',
  },
  { args: ['float32', [1, 2, 3], [2, 2]], Kind: Error, message: "Tensor's size(4) does not match data length(3)." },
  { args: ['float32', [1], [1.5]], Kind: TypeError, message: 'dims[0] must be an integer, got: 1.5' },
  { args: ['float32', [1], [1, '4']], Kind: TypeError, message: 'dims[1] must be an integer, got: 4' },
  { args: ['float32', [1], [4n]], Kind: TypeError, message: 'dims[0] must be an integer, got: 4' },
  { args: ['float32', [1], [2 ** 53]], Kind: TypeError, message: 'dims[0] must be an integer, got: 9007199254740992' },
  { args: ['float32', [1], [1, -1]], Kind: RangeError, message: 'dims[1] must be a non-negative integer, got: -1' },
  { args: ['float32', [1], 1], Kind: TypeError, message: "A tensor's dims must be a number array" },
  { args: ['float32', [1], null], Kind: TypeError, message: "A tensor's dims must be a number array" },
  { args: ['float32', [1], Int32Array.of(1)], Kind: TypeError, message: "A tensor's dims must be a number array" },
  { args: [[]], Kind: TypeError, message: 'Tensor type cannot be inferred from an empty array.' },
  { args: [[1, 2]], Kind: TypeError, message: 'Invalid element type of data array: number.' },
  { args: [[1n]], Kind: TypeError, message: 'Invalid element type of data array: bigint.' },
  { args: [Buffer.from([1])], Kind: TypeError, message: `Unsupported type for tensor data: ${Buffer}.` },
  {
    args: [{ location: 'cpu', type: 'float32', dims: [] }],
    Kind: Error,
    message: "Tensor constructor: unsupported location 'cpu'",
  },
  {
    args: [{ location: 'cpu-pinned', type: 'float32', data: Int8Array.of(1), dims: [1] }],
    Kind: TypeError,
    message: 'buffer should be of type Float32Array',
  },
  {
    args: [{ location: 'texture', type: 'int32', dims: [1] }],
    Kind: TypeError,
    message: 'unsupported type "int32" to create tensor from texture',
  },
  {
    args: [{ location: 'gpu-buffer', type: 'float64', dims: [1] }],
    Kind: TypeError,
    message: 'unsupported type "float64" to create tensor from gpu-buffer',
  },
];

for (const { args, Kind, message } of refused) {
  test(`new Tensor(${args.map(show).join(', ')}) throws`, () =>
    throwsExactly(() => new Tensor(...args), Kind, message));
}

for (const args of [[], [null], [{}], [5]]) {
  test(`new Tensor(${args.map(show).join(', ')}) throws a TypeError`, () =>
    assert.throws(() => new Tensor(...args), TypeError));
}

test('float16 from numbers needs Float16Array', () => {
  const make = () => new Tensor('float16', [1, 2]);
  const message =
    'Creating a float16 tensor from number array is not supported. Please use Uint16Array as data.';
  if (hasFloat16) assert.deepEqual(make().data, Float16Array.of(1, 2));
  else throwsExactly(make, TypeError, message);
});

test('a fraction is no int64', () => assert.throws(() => new Tensor('int64', [1.5]), RangeError));

test('without new it throws', () => assert.throws(() => Tensor('float32', [1]), TypeError));

test('the constructor takes three', () => assert.equal(Tensor.length, 3));

test('data and dims are shared, not copied', () => {
  const data = Float32Array.of(1, 2);
  const dims = [2];
  const tensor = new Tensor('float32', data, dims);
  assert.equal(tensor.data, data);
  assert.equal(tensor.dims, dims);
  assert.equal(new Tensor('float16', Uint16Array.of(1).subarray(0)).data.buffer.byteLength, 2);
});

test('the fields of a tensor are its own, in order, and can be written', () => {
  const tensor = new Tensor('float32', [1, 2], [2]);
  assert.deepEqual(Object.keys(tensor), ['cpuData', 'dataLocation', 'type', 'dims', 'size']);
  tensor.dims = [1, 2];
  assert.deepEqual(tensor.dims, [1, 2]);
  assert.throws(() => {
    tensor.data = new Float32Array(2);
  }, TypeError);
});

test('the prototype and the class have the reference\'s names and no others', () => {
  const members = 'constructor data dispose ensureValid getData gpuBuffer location mlTensor reshape texture ' +
    'toDataURL toImageData';
  assert.deepEqual(Object.getOwnPropertyNames(Tensor.prototype).sort(), members.split(' '));
  const statics = 'fromGpuBuffer fromImage fromMLTensor fromPinnedBuffer fromTexture length name prototype';
  assert.deepEqual(Object.getOwnPropertyNames(Tensor).sort(), statics.split(' '));
});

test('Symbol.dispose disposes', { skip: !Symbol.dispose }, () => {
  const tensor = new Tensor('float32', [1]);
  tensor[Symbol.dispose]();
  assert.equal(tensor.location, 'none');
});

test('float16 is shown by Float16Array where the host has it, on the same bytes', () => {
  const bits = Uint16Array.of(0x3c00, 0xc000, 0x7c00);
  const { data } = new Tensor('float16', bits.subarray(1));
  assert.equal(data.constructor, Half);
  assert.equal(data.buffer, bits.buffer);
  assert.deepEqual([...data], hasFloat16 ? [-2, Infinity] : [0xc000, 0x7c00]);
  if (hasFloat16) assert.equal(new Tensor(Float16Array.of(1)).type, 'float16');
});

test('a host that gains Float16Array before the first tensor uses it', async () => {
  const { typeNamed } = await import('../src/tensor-types.js?polyfilled');
  const before = globalThis.Float16Array;
  // A stand-in with the name and the tag of the real one.
  globalThis.Float16Array = class Float16Array extends Uint16Array {
    get [Symbol.toStringTag]() {
      return 'Float16Array';
    }
  };
  try {
    assert.equal(typeNamed('float16').arrayName, 'Float16Array');
  } finally {
    if (before) globalThis.Float16Array = before;
    else delete globalThis.Float16Array;
  }
});

test('arrays over shared memory are taken as they are', () => {
  const data = new Float32Array(new SharedArrayBuffer(8));
  assert.equal(new Tensor('float32', data, [2]).data, data);
  assert.equal(new Tensor(data).type, 'float32');
});

test('the texts about where data is', () => {
  const tensor = Tensor.fromTexture({}, { width: 1, height: 1 });
  throwsExactly(
    () => tensor.data,
    Error,
    'The data is not on CPU. Use `getData()` to download GPU data to CPU, ' +
      'or use `texture` or `gpuBuffer` property to access the GPU data directly.',
  );
  tensor.dispose();
  for (const field of ['data', 'texture', 'gpuBuffer', 'mlTensor']) {
    throwsExactly(() => tensor[field], Error, 'The tensor is disposed.');
  }
});

test('reshape shares the data and checks the product', () => {
  const tensor = new Tensor('float32', [1, 2, 3, 4]);
  const reshaped = tensor.reshape([2, 2]);
  assert.equal(reshaped.data, tensor.data);
  assert.deepEqual(reshaped.dims, [2, 2]);
  assert.deepEqual(reshaped.reshape().dims, [4]);
  throwsExactly(() => tensor.reshape([3]), Error, "Tensor's size(3) does not match data length(4).");
  assert.throws(() => tensor.reshape(4), TypeError);
});

test('one dim of reshape may be -1', () => {
  const tensor = new Tensor('float32', [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(tensor.reshape([2, -1]).dims, [2, 3]);
  assert.deepEqual(tensor.reshape([-1]).dims, [6]);
  assert.deepEqual(new Tensor('float32', [], [0, 3]).reshape([-1, 3]).dims, [0, 3]);
  assert.deepEqual(new Tensor('int4', Uint8Array.of(1, 2), [3]).reshape([1, -1]).dims, [1, 3]);
  throwsExactly(() => tensor.reshape([-1, 4]), Error, "Tensor's size(4) does not match data length(6).");
  throwsExactly(() => tensor.reshape([-1, 0]), TypeError, 'dims[0] must be an integer, got: Infinity');
  throwsExactly(() => tensor.reshape([1, -1, -1]), RangeError, 'dims[2] must be a non-negative integer, got: -1');
  throwsExactly(() => new Tensor('float32', [1], [-1]), RangeError, 'dims[0] must be a non-negative integer, got: -1');
});

test('dispose is final, may be repeated, and keeps type, dims and size', () => {
  const tensor = new Tensor('float32', [1, 2], [2]);
  tensor.dispose();
  tensor.dispose();
  assert.deepEqual([tensor.location, tensor.type, tensor.dims, tensor.size], ['none', 'float32', [2], 2]);
  throwsExactly(() => tensor.data, Error, 'The tensor is disposed.');
  throwsExactly(() => tensor.reshape([2]), Error, 'The tensor is disposed.');
});

test('getData of a tensor at hand is its array', async () => {
  const tensor = new Tensor('float32', [1]);
  assert.equal(await tensor.getData(), tensor.data);
});

test('a tensor elsewhere is downloaded once', async () => {
  const events = [];
  const buffer = {};
  const tensor = Tensor.fromGpuBuffer(buffer, {
    dims: [2],
    download: async () => (events.push('download'), Float32Array.of(1, 2)),
    dispose: () => events.push('dispose'),
  });
  assert.deepEqual([tensor.type, tensor.location, tensor.gpuBuffer], ['float32', 'gpu-buffer', buffer]);
  assert.throws(() => tensor.data, /getData\(\)/);
  throwsExactly(() => tensor.texture, Error, 'The data is not stored as a WebGL texture.');
  throwsExactly(() => tensor.mlTensor, Error, 'The data is not stored as a WebNN MLTensor.');
  throwsExactly(() => tensor.reshape([2]), Error, 'Cannot reshape a tensor that owns GPU resource.');
  const first = tensor.getData(true);
  await assert.rejects(tensor.getData(), { message: 'The current tensor is being downloaded.' });
  assert.deepEqual(await first, Float32Array.of(1, 2));
  assert.equal(tensor.location, 'cpu');
  assert.deepEqual(events, ['download', 'dispose']);
  throwsExactly(() => new Tensor('float32', [1]).gpuBuffer, Error, 'The data is not stored as a WebGPU buffer.');
});

test('a tensor that was downloaded keeps its handle and what is to be disposed', async () => {
  const buffer = {};
  let disposed = 0;
  const tensor = Tensor.fromGpuBuffer(buffer, {
    dims: [1],
    download: async () => Float32Array.of(1),
    dispose: () => disposed++,
  });
  const downloading = tensor.getData();
  throwsExactly(() => tensor.dispose(), Error, 'The current tensor is being downloaded.');
  assert.deepEqual(await downloading, Float32Array.of(1));
  assert.equal(tensor.gpuBuffer, buffer);
  assert.equal(await tensor.getData(), tensor.data);
  assert.equal(disposed, 0);
  tensor.dispose();
  tensor.dispose();
  assert.equal(disposed, 1);
});

test('a download that fails may be tried again', async () => {
  let works = false;
  const download = async () => {
    if (!works) throw new Error('lost');
    return Float32Array.of(2);
  };
  const tensor = Tensor.fromGpuBuffer({}, { dims: [1], download });
  await rejectsExactly(tensor.getData(), Error, 'lost');
  assert.equal(tensor.location, 'gpu-buffer');
  works = true;
  assert.deepEqual(await tensor.getData(), Float32Array.of(2));
});

test('a tensor elsewhere without a downloader stays there', async () => {
  const tensor = Tensor.fromMLTensor({}, { dataType: 'int8', dims: [1] });
  await assert.rejects(tensor.getData(), {
    message: 'The current tensor is not created with a specified data downloader.',
  });
});

test('a texture is [1, height, width, 4]', () => {
  assert.deepEqual(Tensor.fromTexture({}, { width: 5, height: 3 }).dims, [1, 3, 5, 4]);
});

test('a tensor of another copy of the library is a Tensor', async () => {
  const { Tensor: Other } = await import('../src/tensor.js?copy');
  assert.notEqual(Other, Tensor);
  assert.ok(new Other('float32', [1]) instanceof Tensor);
  assert.ok(!({ type: 'float32', data: [], dims: [] } instanceof Tensor));
  class Special extends Tensor {}
  assert.ok(!(new Tensor('float32', [1]) instanceof Special));
  assert.ok(new Special('float32', [1]) instanceof Special);
});

function show(value) {
  if (typeof value === 'bigint') return `${value}n`;
  const isBytes = ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
  if (isBytes) return `${value.constructor.name}(${value.length ?? value.byteLength})`;
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  return JSON.stringify(value);
}
