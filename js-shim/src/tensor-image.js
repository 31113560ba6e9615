// Between images and tensors. Pixels are RGBA, a byte each; tensors are [1, channels, height, width] (NCHW) or
// [1, height, width, channels] (NHWC).

/** Which channel of a tensor holds red, green, blue and alpha. */
const formats = { RGB: [0, 1, 2], BGR: [2, 1, 0], RBG: [0, 2, 1], RGBA: [0, 1, 2, 3] };

const isFormat = (format, layout) => Object.hasOwn(formats, format) && (layout === 'NCHW' || layout === 'NHWC');

/** Calls `visit` with where a value is in the tensor, where in the pixels, and which color it is. */
const forEachValue = (format, layout, channels, count, visit) =>
  formats[format].forEach((channel, color) => {
    for (let i = 0; i < count; i++) {
      visit(layout === 'NHWC' ? i * channels + channel : channel * count + i, 4 * i + color, color);
    }
  });

/** A number for each color: one for all, three or four, or what is usual. */
const perColor = (given, usual) => [0, 1, 2, 3].map((i) => (typeof given === 'number' ? given : given?.[i] ?? usual));

/** The mean and the bias of each color; bytes stay as they are unless asked otherwise. */
const normOf = (norm, type) => [perColor(norm?.mean, type === 'uint8' ? 1 : 255), perColor(norm?.bias, 0)];

/**
 * What a tensor of an image is made of: (pixel + bias) / mean of each color.
 *
 * @param {ImageData | CanvasImageSource | Blob | string} image  without a resize, ImageData needs no canvas and may be
 *   any object of its three fields
 * @param {object} [options]
 * @param {'RGB' | 'RGBA' | 'BGR' | 'RBG'} [options.tensorFormat]  RGB; of an image element RGBA
 * @param {'NCHW' | 'NHWC'} [options.tensorLayout]
 * @param {'float32' | 'uint8'} [options.dataType]
 * @param {{ mean?: number | number[], bias?: number | number[] }} [options.norm]  255 and 0; for uint8 1 and 0
 * @param {number} [options.resizedWidth]  the image is scaled to these
 * @param {number} [options.resizedHeight]
 * @returns {Promise<[type: string, data: Float32Array | Uint8ClampedArray, dims: number[]]>}
 */
export async function fromImage(image, options = {}) {
  const isElement = typeof HTMLImageElement === 'function' && image instanceof HTMLImageElement;
  const { tensorFormat = isElement ? 'RGBA' : 'RGB', tensorLayout = 'NCHW', dataType = 'float32', norm } = options;
  const isBytes = dataType === 'uint8';
  if (!isFormat(tensorFormat, tensorLayout) || !(isBytes || dataType === 'float32')) {
    throw new Error(`unsupported format of a tensor of an image: ${dataType} ${tensorFormat} ${tensorLayout}`);
  }
  const { data: pixels, width, height } = await pixelsOf(image, options);
  const [mean, bias] = normOf(norm, dataType);
  const count = width * height;
  const channels = formats[tensorFormat].length;
  // Clamped, so that a norm rounds and does not wrap.
  const data = new (isBytes ? Uint8ClampedArray : Float32Array)(channels * count);
  forEachValue(tensorFormat, tensorLayout, channels, count, (at, pixel, color) => {
    data[at] = (pixels[pixel] + bias[color]) / mean[color];
  });
  return [dataType, data, tensorLayout === 'NHWC' ? [1, height, width, channels] : [1, channels, height, width]];
}

/**
 * (value - bias) * mean of each color; alpha is full where the format has none.
 * @param {{ format?: 'RGB' | 'RGBA' | 'BGR' | 'RBG', tensorLayout?: 'NCHW' | 'NHWC', norm?: object }} [options]
 * @returns {ImageData} a plain object of its fields where the host has no ImageData
 */
export function toImageData({ dims, type, data }, { format, tensorLayout = 'NCHW', norm } = {}) {
  const [, channels, height, width] = tensorLayout === 'NHWC' ? [1, dims[3], dims[1], dims[2]] : dims;
  // Where nobody says what the format is, a fourth channel is left out.
  const shown = format ?? 'RGB';
  const isOther = formats[shown]?.length !== channels && (format || channels !== 4);
  if (dims.length !== 4 || isOther || !isFormat(shown, tensorLayout)) {
    throw new Error("Tensor format doesn't match input tensor dims");
  }
  const [mean, bias] = normOf(norm, type);
  const count = width * height;
  const pixels = new Uint8ClampedArray(4 * count).fill(255);
  forEachValue(shown, tensorLayout, channels, count, (at, pixel, color) => {
    pixels[pixel] = (data[at] - bias[color]) * mean[color];
  });
  return typeof ImageData === 'function' ? new ImageData(pixels, width, height) : { data: pixels, width, height };
}

/** The same as the address of a PNG. */
export function toDataURL(tensor, options) {
  const image = toImageData(tensor, options);
  // An OffscreenCanvas has no address to give.
  const [canvas, context] = newCanvas(image.width, image.height, typeof document === 'object');
  if (!canvas.toDataURL) throw new Error('toDataURL is not supported');
  context.putImageData(image, 0, 0);
  return canvas.toDataURL();
}

/** The pixels of an image, scaled where the options ask for it. */
async function pixelsOf(image, { resizedWidth, resizedHeight }) {
  let source = await open(image).catch((cause) => {
    const address = typeof image === 'string' && `the image ${image.slice(0, 200)} could not be read`;
    throw new Error(`${address || 'Input data provided is not supported'} - aborted tensor creation`, { cause });
  });
  const width = resizedWidth ?? source.width;
  const height = resizedHeight ?? source.height;
  if (ArrayBuffer.isView(source.data)) {
    if (width === source.width && height === source.height) return source;
    const [canvas, context] = newCanvas(source.width, source.height);
    context.putImageData(source, 0, 0);
    source = canvas;
  }
  const [, context] = newCanvas(width, height);
  context.drawImage(source, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/** What can be drawn, with its size: an address is loaded, and a Blob or video frame becomes a bitmap. */
async function open(image) {
  if (typeof image !== 'string') {
    const { data, width, height } = image;
    if (ArrayBuffer.isView(data) && data.byteLength !== 4 * width * height) throw new Error('not four bytes a pixel');
    return width > 0 ? image : createImageBitmap(image);
  }
  if (typeof Image !== 'function') return createImageBitmap(await (await fetch(image)).blob());
  return new Promise((resolve, reject) => {
    const element = new Image();
    Object.assign(element, { crossOrigin: 'Anonymous', onload: () => resolve(element), onerror: reject, src: image });
  });
}

function newCanvas(width, height, isElement = false) {
  const isOffscreen = typeof OffscreenCanvas === 'function' && !isElement;
  if (!isOffscreen && typeof document !== 'object') throw new Error('Canvas is not supported');
  const canvas = isOffscreen
    ? new OffscreenCanvas(width, height)
    : Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('Can not access image data');
  return [canvas, context];
}
