// From tensors to images, and what from-image.js has in common with that. Pixels are RGBA, a byte each; tensors are
// [1, channels, height, width] (NCHW) or [1, height, width, channels] (NHWC).

export const isFormat = (format, layout) => /^(RGBA?|BGR|RBG) (NCHW|NHWC)$/.test(`${format} ${layout}`);

/** Calls `visit` with where a value is in the tensor, where in the pixels, and which color it is. */
export const forEachValue = (format, layout, channels, count, visit) =>
  [...format].forEach((name, channel) => {
    const color = 'RGBA'.indexOf(name);
    for (let i = 0; i < count; i++) {
      visit(layout === 'NHWC' ? i * channels + channel : channel * count + i, 4 * i + color, color);
    }
  });

/** A number for each color: one for all, three or four, or what is usual. */
const perColor = (given, usual) => [0, 1, 2, 3].map((i) => (typeof given === 'number' ? given : given?.[i] ?? usual));

/** The mean and the bias of each color; bytes stay as they are unless asked otherwise. */
export const normOf = (norm, type) => [perColor(norm?.mean, type === 'uint8' ? 1 : 255), perColor(norm?.bias, 0)];

/**
 * (value - bias) * mean of each color; alpha is full where the format has none.
 * @param {{ format?: 'RGB' | 'RGBA' | 'BGR' | 'RBG', tensorLayout?: 'NCHW' | 'NHWC', norm?: object }} [options]
 * @returns {ImageData} a plain object of its fields where the host has no ImageData
 */
export function toImageData({ dims, type, data }, { format, tensorLayout = 'NCHW', norm } = {}) {
  const [, channels, height, width] = tensorLayout === 'NHWC' ? [1, dims[3], dims[1], dims[2]] : dims;
  // Where nobody says what the format is, a fourth channel is left out.
  const shown = format ?? 'RGB';
  const isOther = shown.length !== channels && (format || channels !== 4);
  if (dims.length !== 4 || isOther || !isFormat(shown, tensorLayout)) {
    throw new Error("Tensor format doesn't match input tensor dims");
  }
  const [mean, bias] = normOf(norm, type);
  const count = width * height;
  const pixels = new Uint8ClampedArray(4 * count).fill(255);
  forEachValue(shown, tensorLayout, channels, count, (at, pixel, color) => {
    pixels[pixel] = (data[at] - bias[color]) * mean[color];
  });
  return globalThis.ImageData ? new ImageData(pixels, width, height) : { data: pixels, width, height };
}

/** An image as the address of a PNG. */
export function toDataURL(image) {
  // An OffscreenCanvas has no address to give.
  if (!globalThis.document) {
    throw new Error(`${globalThis.OffscreenCanvas ? 'toDataURL' : 'Canvas'} is not supported`);
  }
  const canvas = newElement(image.width, image.height);
  contextOf(canvas).putImageData(image, 0, 0);
  return canvas.toDataURL();
}

export const newElement = (width, height) => Object.assign(document.createElement('canvas'), { width, height });

export function contextOf(canvas) {
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('Can not access image data');
  return context;
}
