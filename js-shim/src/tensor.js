import { dataOfItself, dataOfType } from './tensor-data.js';
import { toDataURL, toImageData } from './tensor-image.js';
import { byteCountOf, typeNamed } from './tensor-types.js';
import { isObject, sizeOf, tagOf } from './validate.js';
import { loadWorkerFile } from './worker-file.js';

// What makes a tensor one of ours in the eyes of another copy of this library on the same page.
const brand = Symbol.for('apus.Tensor');

const gpuTypes = 'float32 float16 int32 int64 uint32 uint8 bool uint4 int4'.split(' ');
/** Of each kind of memory outside the array heap: its property, the field behind it, what it is, and what it holds. */
const places = {
  texture: ['texture', 'gpuTextureData', 'WebGL texture', ['float32']],
  'gpu-buffer': ['gpuBuffer', 'gpuBufferData', 'WebGPU buffer', gpuTypes],
  'ml-tensor': ['mlTensor', 'mlTensorData', 'WebNN MLTensor', [...gpuTypes, 'uint64', 'int8']],
};

/** Whether `size` elements of less than a byte fill `length` bytes, the first element in the low bits. */
const isPacked = (type, size, length) => {
  const row = typeNamed(type);
  return row.bits < 8 && row.bits > 0 && length === byteCountOf(row, size);
};

/** The dims with their first -1 replaced by what the others leave of `size`. */
function withoutFree(dims, size) {
  const free = dims.indexOf(-1);
  if (free < 0) return dims;
  const rest = dims.reduce((product, dim) => (dim === -1 ? product : product * dim), 1);
  return dims.map((dim, i) => (i === free ? Math.floor(size / rest) : dim));
}

/**
 * A multi-dimensional array, row-major: `new Tensor(type, data, dims?)`, `new Tensor(data, dims?)`, or
 * `new Tensor({ location, type, dims, … })` for memory that lives elsewhere.
 *
 * Data and dims are shared with the caller, not copied. Without dims the tensor has rank 1.
 */
export class Tensor {
  constructor(arg0, arg1, arg2) {
    let location = 'cpu';
    let type;
    let data;
    let dims;
    if (isObject(arg0) && 'location' in arg0) {
      ({ location, type, data, dims } = arg0);
      const place = places[location];
      if (location === 'cpu-pinned') {
        const row = typeNamed(type);
        if (!row?.bits) throw new TypeError(`unsupported type "${type}" to create tensor from pinned buffer`);
        if (tagOf(data) !== row.arrayName) throw new TypeError(`buffer should be of type ${row.arrayName}`);
      } else if (!place) {
        throw new Error(`Tensor constructor: unsupported location '${location}'`);
      } else {
        const [key, field, , types] = place;
        if (!types.includes(type)) throw new TypeError(`unsupported type "${type}" to create tensor from ${location}`);
        this[field] = arg0[key];
        this.downloader = arg0.download;
        this.disposer = arg0.dispose;
        data = undefined;
      }
    } else {
      [type, data, dims] =
        typeof arg0 === 'string' ? [arg0, dataOfType(arg0, arg1), arg2] : [...dataOfItself(arg0), arg1];
      if (dims === undefined) dims = [data.length];
      if (!Array.isArray(dims)) throw new TypeError("A tensor's dims must be a number array");
    }
    const size = sizeOf(dims);
    if (data) {
      const { length } = data;
      if (size !== length && !isPacked(type, size, length)) {
        throw new Error(`Tensor's size(${size}) does not match data length(${length}).`);
      }
      this.cpuData = data;
    }
    this.dataLocation = location;
    this.type = type;
    this.dims = dims;
    this.size = size;
  }

  /**
   * A tensor `[1, channels, height, width]` of an ImageData, image element, ImageBitmap, canvas, video frame, Blob or
   * address; see from-image.js for the options.
   * @returns {Promise<Tensor>}
   */
  static async fromImage(image, options) {
    const { readImage } = await loadWorkerFile();
    return new Tensor(...(await readImage(image, options)));
  }

  /** A float32 tensor `[1, height, width, 4]` of a WebGL texture. */
  static fromTexture(texture, { width, height, ...rest }) {
    return new Tensor({ ...rest, location: 'texture', type: 'float32', texture, dims: [1, height, width, 4] });
  }

  static fromGpuBuffer(gpuBuffer, { dataType = 'float32', ...rest }) {
    return new Tensor({ ...rest, location: 'gpu-buffer', type: dataType, gpuBuffer });
  }

  static fromMLTensor(mlTensor, { dataType = 'float32', ...rest }) {
    return new Tensor({ ...rest, location: 'ml-tensor', type: dataType, mlTensor });
  }

  static fromPinnedBuffer(type, data, dims) {
    return new Tensor({ location: 'cpu-pinned', type, data, dims: dims ?? [data.length] });
  }

  /** The elements, where they are at hand; `getData()` fetches them from elsewhere. */
  get data() {
    this.ensureValid();
    if (!this.cpuData) {
      throw new Error(
        'The data is not on CPU. Use `getData()` to download GPU data to CPU, ' +
          'or use `texture` or `gpuBuffer` property to access the GPU data directly.',
      );
    }
    return this.cpuData;
  }

  get location() {
    return this.dataLocation;
  }

  /**
   * The elements, downloaded once where they are not at hand.
   * @param {boolean} [releaseData] whether to give the GPU's copy back afterwards
   */
  async getData(releaseData) {
    this.ensureValid();
    if (this.dataLocation.startsWith('cpu')) return this.data;
    if (!this.downloader) throw new Error('The current tensor is not created with a specified data downloader.');
    this.#checkIdle();
    try {
      this.isDownloading = true;
      const data = await this.downloader();
      this.downloader = undefined;
      this.dataLocation = 'cpu';
      this.cpuData = data;
      if (releaseData) this.#giveBack();
      return data;
    } finally {
      this.isDownloading = false;
    }
  }

  /** Gives the data back; type, dims and size stay. A second call does nothing. */
  dispose() {
    this.#checkIdle();
    this.#giveBack();
    this.cpuData = undefined;
    for (const [, field] of Object.values(places)) if (this[field]) this[field] = undefined;
    this.downloader = undefined;
    this.isDownloading = undefined;
    this.dataLocation = 'none';
  }

  #checkIdle() {
    if (this.isDownloading) throw new Error('The current tensor is being downloaded.');
  }

  #giveBack() {
    this.disposer?.();
    this.disposer = undefined;
  }

  ensureValid() {
    if (this.dataLocation === 'none') throw new Error('The tensor is disposed.');
  }

  /** The same elements under other dims of the same product; one of them may be -1 and is what remains. */
  reshape(dims) {
    this.ensureValid();
    if (this.downloader || this.disposer) throw new Error('Cannot reshape a tensor that owns GPU resource.');
    return new Tensor(this.type, this.data, Array.isArray(dims) ? withoutFree(dims, this.size) : dims);
  }

  /** The first image of a tensor of rank 4, as an ImageData. */
  toImageData(options) {
    return toImageData(this, options);
  }

  /** The same as the address of a PNG. */
  toDataURL(options) {
    return toDataURL(this.toImageData(options));
  }

  get [brand]() {
    return true;
  }

  static [Symbol.hasInstance](value) {
    if (this !== Tensor) return Function.prototype[Symbol.hasInstance].call(this, value);
    return isObject(value) && value[brand] === true;
  }
}

for (const [key, field, what] of Object.values(places)) {
  Object.defineProperty(Tensor.prototype, key, {
    get() {
      this.ensureValid();
      if (!this[field]) throw new Error(`The data is not stored as a ${what}.`);
      return this[field];
    },
    configurable: true,
  });
}

// For `using`, where the host knows of it.
if (Symbol.dispose) Tensor.prototype[Symbol.dispose] = Tensor.prototype.dispose;
