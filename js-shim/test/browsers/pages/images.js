// Tensors of everything that holds pixels, and images of tensors.
import * as ort from '/dist/ort.min.mjs';
import { check, equal, ok, rejects, testCase } from '../support/check.js';

const { Tensor } = ort;
const squeezenet = await testCase('squeezenet');

/** Three pixels wide, two high: opaque, so that no canvas loses anything of them. */
const colors = [[255, 0, 10], [0, 128, 20], [1, 2, 255], [90, 80, 70], [33, 66, 99], [200, 100, 50]];
const pixels = Uint8ClampedArray.from(colors.flatMap((color) => [...color, 255]));
const imageData = new ImageData(pixels, 3, 2);

function canvasOf(image, canvas = document.createElement('canvas')) {
  Object.assign(canvas, { width: image.width, height: image.height });
  canvas.getContext('2d').putImageData(image, 0, 0);
  return canvas;
}
const png = await new Promise((resolve) => canvasOf(imageData).toBlob(resolve));
const address = URL.createObjectURL(png);
const element = new Image();
element.src = address;
await element.decode();

/** The planes of those channels, scaled as a tensor has them unless told otherwise. */
const planes = (...channels) => channels.flatMap((channel) => colors.map((color) => Math.fround(color[channel] / 255)));
const described = ({ type, dims, data }) => ({ type, dims: [...dims], data: [...data] });
const rgb = { type: 'float32', dims: [1, 3, 2, 3], data: planes(0, 1, 2) };

const sources = {
  ImageData: imageData,
  'a canvas': canvasOf(imageData),
  'an OffscreenCanvas': canvasOf(imageData, new OffscreenCanvas(3, 2)),
  'an ImageBitmap': await createImageBitmap(imageData),
  'an image element': element,
  'an address': address,
  'a Blob': png,
};

for (const [what, source] of Object.entries(sources)) {
  check(`a tensor of ${what}`, async () =>
    equal(described(await Tensor.fromImage(source, { tensorFormat: 'RGB' })), rgb));
}

check('an image element has its alpha, unless told otherwise', async () => {
  const { dims, data } = await Tensor.fromImage(element);
  equal([...dims], [1, 4, 2, 3], 'dims');
  equal([...data], [...rgb.data, ...Array(6).fill(1)], 'data');
});

check('blue first', async () => {
  const tensor = await Tensor.fromImage(imageData, { tensorFormat: 'BGR' });
  equal([...tensor.data], planes(2, 1, 0));
});

check('channels last', async () => {
  const tensor = await Tensor.fromImage(imageData, { tensorLayout: 'NHWC' });
  equal([...tensor.dims], [1, 2, 3, 3], 'dims');
  equal([...tensor.data], colors.flat().map((value) => Math.fround(value / 255)), 'data');
});

check('scaled, neither cut nor padded; the options can be used again', async () => {
  const white = new ImageData(new Uint8ClampedArray(16).fill(255), 2, 2);
  const options = Object.freeze({ resizedWidth: 5, resizedHeight: 3, tensorFormat: 'RGB' });
  for (const source of [white, canvasOf(white), await createImageBitmap(white)]) {
    const tensor = await Tensor.fromImage(source, options);
    equal([...tensor.dims], [1, 3, 3, 5], 'dims');
    equal([...new Set(tensor.data)], [1], 'data');
  }
});

check('an image of a tensor', async () => {
  const image = (await Tensor.fromImage(imageData)).toImageData();
  ok(image instanceof ImageData, 'it is no ImageData');
  equal([image.width, image.height, ...image.data], [3, 2, ...pixels]);
});

check('the address of an image of a tensor', async () => {
  const address = (await Tensor.fromImage(imageData)).toDataURL();
  ok(address.startsWith('data:image/png;base64,'), address);
  equal(described(await Tensor.fromImage(address, { tensorFormat: 'RGB' })), rgb);
});

check('an image that is not there is refused', () =>
  rejects(Tensor.fromImage('/images/none.png'), 'the image /images/none.png could not be read'));

check('a model runs on an image', async () => {
  const side = 224;
  const bytes = Uint8ClampedArray.from({ length: 4 * side * side }, (_, i) => (i % 4 === 3 ? 255 : (i * 7) % 256));
  const { dims, data } = await Tensor.fromImage(canvasOf(new ImageData(bytes, side, side)));
  const [name] = Object.keys(squeezenet.feeds);
  const session = await ort.InferenceSession.create(squeezenet.bytes);
  const of = async (tensor) => plainOf(await session.run({ [name]: tensor }));
  const inPlanes = [0, 1, 2].flatMap((channel) => [...bytes].filter((_, i) => i % 4 === channel).map((b) => b / 255));
  equal([...dims], [1, 3, side, side], 'dims');
  equal(await of(new Tensor('float32', data, dims)), await of(new Tensor('float32', inPlanes, dims)));
});
