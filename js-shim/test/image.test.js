// Tensors of images and back. The few classes of a page that are needed are made up: a canvas here is a grid of pixels
// that `drawImage` fills by the nearest neighbour, and an image is such a grid too.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Tensor } from '../src/tensor.js';
import { rejectsExactly, throwsExactly } from './support/throws.js';

class FakeImageData {
  constructor(data, width, height) {
    Object.assign(this, { data, width, height });
  }
}

class FakeImage {
  constructor(width, height, pixels) {
    Object.assign(this, { width, height, pixels });
  }
}

class FakeCanvas {
  constructor(width, height) {
    Object.assign(this, { width, height });
    FakeCanvas.made.push(this);
  }

  static made = [];

  getContext() {
    const canvas = this;
    canvas.pixels ??= new Uint8ClampedArray(4 * canvas.width * canvas.height);
    return {
      putImageData({ data }) {
        canvas.pixels.set(data);
      },
      getImageData: (x, y, width, height) => new FakeImageData(canvas.pixels.slice(), width, height),
      drawImage(image, x, y, width, height) {
        for (let row = 0; row < height; row++) {
          for (let column = 0; column < width; column++) {
            const fromRow = Math.floor((row * image.height) / height);
            const from = 4 * (fromRow * image.width + Math.floor((column * image.width) / width));
            canvas.pixels.set(image.pixels.subarray(from, from + 4), 4 * (row * canvas.width + column));
          }
        }
      },
    };
  }
}

class FakeElement extends FakeCanvas {
  constructor() {
    super(0, 0);
  }

  toDataURL() {
    return `data:${this.width}x${this.height}:${this.pixels}`;
  }
}

/** What a page's `new Image()` gives: it loads `good.png`, and nothing else. */
class LoadingImage extends FakeImage {
  constructor() {
    super(0, 0);
  }

  set src(address) {
    this.address = address;
    queueMicrotask(() => {
      if (address !== 'good.png') return this.onerror({ type: 'error' });
      Object.assign(this, { width: 2, height: 1, pixels });
      this.onload();
    });
  }
}

const page = {
  OffscreenCanvas: FakeCanvas,
  ImageData: FakeImageData,
  HTMLImageElement: FakeImage,
  document: { createElement: () => new FakeElement() },
};
const install = (globals) => Object.assign(globalThis, globals);
const remove = (...names) => names.forEach((name) => delete globalThis[name]);
beforeEach(() => install(page));
afterEach(() => {
  remove('OffscreenCanvas', 'ImageData', 'HTMLImageElement', 'document', 'Image', 'createImageBitmap');
  FakeCanvas.made = [];
});

/** Two pixels side by side. */
const pixels = Uint8ClampedArray.of(0, 51, 102, 153, 204, 255, 51, 102);
const imageData = () => new FakeImageData(pixels, 2, 1);
const image = () => new FakeImage(2, 1, pixels);
const near = (tensor, dims, values) => {
  assert.deepEqual(tensor.dims, dims);
  assert.deepEqual([...tensor.data].map((value) => Math.round(value * 1e4) / 1e4), values);
};

const made = [
  { what: 'nothing', dims: [1, 3, 1, 2], values: [0, 0.8, 0.2, 1, 0.4, 0.2] },
  { options: { tensorFormat: 'RGBA' }, dims: [1, 4, 1, 2], values: [0, 0.8, 0.2, 1, 0.4, 0.2, 0.6, 0.4] },
  { options: { tensorFormat: 'BGR' }, dims: [1, 3, 1, 2], values: [0.4, 0.2, 0.2, 1, 0, 0.8] },
  { options: { tensorFormat: 'RBG' }, dims: [1, 3, 1, 2], values: [0, 0.8, 0.4, 0.2, 0.2, 1] },
  { options: { tensorLayout: 'NHWC' }, dims: [1, 1, 2, 3], values: [0, 0.2, 0.4, 0.8, 1, 0.2] },
  {
    options: { tensorLayout: 'NHWC', tensorFormat: 'BGR' },
    dims: [1, 1, 2, 3],
    values: [0.4, 0.2, 0, 0.2, 1, 0.8],
  },
  { options: { norm: { mean: 51 } }, dims: [1, 3, 1, 2], values: [0, 4, 1, 5, 2, 1] },
  { options: { norm: { bias: 255 } }, dims: [1, 3, 1, 2], values: [1, 1.8, 1.2, 2, 1.4, 1.2] },
  {
    options: { norm: { mean: [1, 51, 102], bias: [1, 0, 102] }, tensorFormat: 'RGBA' },
    dims: [1, 4, 1, 2],
    values: [1, 205, 1, 5, 2, 1.5, 0.6, 0.4],
  },
  {
    options: { norm: { mean: [1, 1, 1, 3], bias: [0, 0, 0, 3] }, tensorFormat: 'RGBA' },
    dims: [1, 4, 1, 2],
    values: [0, 204, 51, 255, 102, 51, 52, 35],
  },
  { options: { dataType: 'uint8' }, dims: [1, 3, 1, 2], values: [0, 204, 51, 255, 102, 51], type: 'uint8' },
  {
    options: { dataType: 'uint8', norm: { mean: 0.5, bias: 0 } },
    dims: [1, 3, 1, 2],
    values: [0, 255, 102, 255, 204, 102],
    type: 'uint8',
  },
  {
    options: { resizedWidth: 4, resizedHeight: 1 },
    dims: [1, 3, 1, 4],
    values: [0, 0, 0.8, 0.8, 0.2, 0.2, 1, 1, 0.4, 0.4, 0.2, 0.2],
  },
  { options: { resizedWidth: 1 }, dims: [1, 3, 1, 1], values: [0, 0.2, 0.4] },
  { options: { resizedHeight: 2 }, dims: [1, 3, 2, 2], values: [0, 0.8, 0, 0.8, 0.2, 1, 0.2, 1, 0.4, 0.2, 0.4, 0.2] },
];

for (const { what, options, dims, values, type = 'float32' } of made) {
  test(`fromImage of ImageData with ${what ?? JSON.stringify(options)}`, async () => {
    const tensor = await Tensor.fromImage(imageData(), options && Object.freeze(options));
    near(tensor, dims, values);
    assert.equal(tensor.type, type);
    assert.ok(tensor instanceof Tensor);
  });
}

test('ImageData that keeps its size needs no page', async () => {
  remove(...Object.keys(page));
  const plain = { data: pixels, width: 2, height: 1 };
  near(await Tensor.fromImage(plain, { tensorFormat: 'BGR' }), [1, 3, 1, 2], [0.4, 0.2, 0.2, 1, 0, 0.8]);
  await rejectsExactly(Tensor.fromImage(plain, { resizedWidth: 1 }), Error, 'Canvas is not supported');
  const back = (await Tensor.fromImage(plain, { tensorFormat: 'RGBA' })).toImageData({ format: 'RGBA' });
  assert.deepEqual(back, plain);
});

test('an image element gives RGBA, any other format on request, and its options may be used again', async () => {
  near(await Tensor.fromImage(image()), [1, 4, 1, 2], [0, 0.8, 0.2, 1, 0.4, 0.2, 0.6, 0.4]);
  const options = { norm: { mean: 51 } };
  for (let i = 0; i < 2; i++) near(await Tensor.fromImage(image(), options), [1, 4, 1, 2], [0, 4, 1, 5, 2, 1, 3, 2]);
  assert.deepEqual(options, { norm: { mean: 51 } });
  near(await Tensor.fromImage(image(), { tensorFormat: 'RGB' }), [1, 3, 1, 2], [0, 0.8, 0.2, 1, 0.4, 0.2]);
  near(await Tensor.fromImage(image(), { tensorFormat: 'RGB', resizedWidth: 1 }), [1, 3, 1, 1], [0, 0.2, 0.4]);
});

test('an ImageBitmap or canvas gives RGB', async () => {
  class ImageBitmap extends FakeCanvas {}
  const bitmap = Object.assign(new ImageBitmap(2, 1), { pixels });
  near(await Tensor.fromImage(bitmap), [1, 3, 1, 2], [0, 0.8, 0.2, 1, 0.4, 0.2]);
  near(await Tensor.fromImage(bitmap, {}), [1, 3, 1, 2], [0, 0.8, 0.2, 1, 0.4, 0.2]);
});

test('a Blob or a video frame becomes a bitmap', async () => {
  install({ createImageBitmap: async () => Object.assign(new FakeCanvas(2, 1), { pixels }) });
  for (const source of [new Blob(['x']), { displayWidth: 2, displayHeight: 1 }]) {
    near(await Tensor.fromImage(source), [1, 3, 1, 2], [0, 0.8, 0.2, 1, 0.4, 0.2]);
  }
});

test('an address is loaded as a page does, or fetched where there is no page', async () => {
  install({ Image: LoadingImage });
  near(await Tensor.fromImage('good.png'), [1, 3, 1, 2], [0, 0.8, 0.2, 1, 0.4, 0.2]);
  await rejectsExactly(
    Tensor.fromImage('bad.png'),
    Error,
    'the image bad.png could not be read - aborted tensor creation',
  );
  remove('Image');
  install({ createImageBitmap: async (blob) => Object.assign(new FakeCanvas(blob.size, 1), { pixels }) });
  near(await Tensor.fromImage('data:image/png;base64,AAA='), [1, 3, 1, 2], [0, 0.8, 0.2, 1, 0.4, 0.2]);
  await assert.rejects(Tensor.fromImage('nowhere:'), (error) => {
    assert.equal(error.message, 'the image nowhere: could not be read - aborted tensor creation');
    assert.ok(error.cause instanceof Error);
    return true;
  });
});

const short = { data: new Uint8ClampedArray(4), width: 2, height: 1 };
const wide = { data: new Float32Array(8), width: 2, height: 1 };

for (const nothing of [undefined, null, 5, {}, [], new Date(), new FakeImage(0, 0), short, wide]) {
  test(`fromImage(${JSON.stringify(nothing)}) rejects`, () =>
    rejectsExactly(
      Tensor.fromImage(nothing),
      Error,
      'Input data provided is not supported - aborted tensor creation',
    ));
}

test('formats that there are not', async () => {
  for (const [options, told] of [
    [{ tensorFormat: 'GRB' }, 'float32 GRB NCHW'],
    [{ tensorFormat: 'constructor' }, 'float32 constructor NCHW'],
    [{ tensorLayout: 'CHW' }, 'float32 RGB CHW'],
    [{ dataType: 'int8' }, 'int8 RGB NCHW'],
  ]) {
    const message = `unsupported format of a tensor of an image: ${told}`;
    await rejectsExactly(Tensor.fromImage(imageData(), options), Error, message);
  }
});

test('the page\'s own canvas serves where there is no other; without one there is an error', async () => {
  remove('OffscreenCanvas');
  near(await Tensor.fromImage(image(), { tensorFormat: 'RGB' }), [1, 3, 1, 2], [0, 0.8, 0.2, 1, 0.4, 0.2]);
  install({ document: { createElement: () => ({ getContext: () => null }) } });
  await rejectsExactly(Tensor.fromImage(image()), Error, 'Can not access image data');
  remove('document');
  await rejectsExactly(Tensor.fromImage(image()), Error, 'Canvas is not supported');
});

const rgb = (layout) => Tensor.fromImage(imageData(), { tensorLayout: layout });
const opaque = [0, 51, 102, 255, 204, 255, 51, 255];

test('toImageData undoes fromImage', async () => {
  const tensor = await rgb();
  for (const options of [undefined, {}, { format: 'RGB' }, { norm: { mean: 255 } }, { norm: { bias: 0 } }]) {
    const { data, width, height } = tensor.toImageData(options);
    assert.deepEqual([[...data], width, height], [opaque, 2, 1]);
  }
  assert.ok(tensor.toImageData() instanceof FakeImageData);
  assert.deepEqual([...(await rgb('NHWC')).toImageData({ tensorLayout: 'NHWC' }).data], opaque);
});

for (const format of ['RGB', 'RGBA', 'BGR', 'RBG']) {
  for (const dataType of ['float32', 'uint8']) {
    test(`a ${dataType} tensor of ${format} becomes the image it was`, async () => {
      const tensor = await Tensor.fromImage(imageData(), { tensorFormat: format, dataType });
      assert.deepEqual([...tensor.toImageData({ format }).data], format === 'RGBA' ? [...pixels] : opaque);
    });
  }
}

test('toImageData with a norm is (value - bias) * mean', () => {
  const tensor = new Tensor('float32', [1, 2, 3, 4, 5, 6], [1, 3, 1, 2]);
  const { data } = tensor.toImageData({ norm: { mean: [10, 1, 1], bias: 1 } });
  assert.deepEqual([...data], [0, 2, 4, 255, 10, 3, 5, 255]);
});

test('four channels of which nobody says what they are show the first three', () => {
  const tensor = new Tensor('float32', [0, 0.2, 0.4, 0.6], [1, 4, 1, 1]);
  assert.deepEqual([...tensor.toImageData().data], [0, 51, 102, 255]);
  const bytes = new Tensor('uint8', [1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 2, 4]);
  assert.deepEqual([...bytes.toImageData({ tensorLayout: 'NHWC' }).data], [1, 2, 3, 255, 5, 6, 7, 255]);
});

for (const [dims, options] of [
  [[1, 3, 1, 2], { format: 'RGBA' }],
  [[1, 4, 1, 2], { format: 'RGB' }],
  [[1, 3, 1, 2], { format: 'GRB' }],
  [[1, 3, 1, 2], { tensorLayout: 'CHW' }],
  [[1, 1, 1, 2]],
  [[3, 1, 2]],
]) {
  test(`toImageData of [${dims}] with ${JSON.stringify(options)} throws`, () => {
    const tensor = new Tensor('float32', new Float32Array(dims.reduce((a, b) => a * b)), dims);
    throwsExactly(() => tensor.toImageData(options), Error, "Tensor format doesn't match input tensor dims");
  });
}

test('toDataURL draws the same pixels, on the page\'s own canvas', async () => {
  const tensor = await rgb();
  assert.equal(tensor.toDataURL(), `data:2x1:${opaque}`);
  assert.equal(tensor.toDataURL({ format: 'BGR' }), 'data:2x1:102,51,0,255,51,255,204,255');
  remove('document');
  throwsExactly(() => tensor.toDataURL(), Error, 'toDataURL is not supported');
  remove('OffscreenCanvas');
  throwsExactly(() => tensor.toDataURL(), Error, 'Canvas is not supported');
});
