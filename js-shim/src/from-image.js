// From images to tensors: in the worker file, since few programs need it and it has to be waited for anyway.
import { contextOf, forEachValue, isFormat, newElement, normOf } from './tensor-image.js';

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
export async function readImage(image, options = {}) {
  const isElement = typeof HTMLImageElement === 'function' && image instanceof HTMLImageElement;
  const { tensorFormat = isElement ? 'RGBA' : 'RGB', tensorLayout = 'NCHW', dataType = 'float32', norm } = options;
  const isBytes = dataType === 'uint8';
  if (!isFormat(tensorFormat, tensorLayout) || !(isBytes || dataType === 'float32')) {
    throw new Error(`unsupported format of a tensor of an image: ${dataType} ${tensorFormat} ${tensorLayout}`);
  }
  const { data: pixels, width, height } = await pixelsOf(image, options);
  const [mean, bias] = normOf(norm, dataType);
  const count = width * height;
  const channels = tensorFormat.length;
  // Clamped, so that a norm rounds and does not wrap.
  const data = new (isBytes ? Uint8ClampedArray : Float32Array)(channels * count);
  forEachValue(tensorFormat, tensorLayout, channels, count, (at, pixel, color) => {
    data[at] = (pixels[pixel] + bias[color]) / mean[color];
  });
  return [dataType, data, tensorLayout === 'NHWC' ? [1, height, width, channels] : [1, channels, height, width]];
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

function newCanvas(width, height) {
  const isOffscreen = typeof OffscreenCanvas === 'function';
  if (!isOffscreen && typeof document !== 'object') throw new Error('Canvas is not supported');
  const canvas = isOffscreen ? new OffscreenCanvas(width, height) : newElement(width, height);
  return [canvas, contextOf(canvas)];
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
