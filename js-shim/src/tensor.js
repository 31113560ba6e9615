import { dataOfItself, dataOfType } from './tensor-data.js';
import { byteCountOf, typesByName } from './tensor-types.js';
import { sizeOf } from './validate.js';

// What makes a tensor one of ours in the eyes of another copy of this library on the same page.
const brand = Symbol.for('apus.Tensor');

const pinnedTypes =
  'float32 uint8 int8 uint16 int16 int32 int64 bool float16 float64 uint32 uint64 bfloat16 uint4 int4'.split(' ');
const gpuTypes = 'float32 float16 int32 int64 uint32 uint8 bool uint4 int4'.split(' ');
/** What each kind of memory outside the array heap may hold, and what the constructor's object calls it. */
const places = {
  texture: { key: 'texture', field: 'gpuTextureData', types: ['float32'] },
  'gpu-buffer': { key: 'gpuBuffer', field: 'gpuBufferData', types: gpuTypes },
  'ml-tensor': { key: 'mlTensor', field: 'mlTensorData', types: [...gpuTypes, 'uint64', 'int8'] },
};

/** Whether `size` elements of less than a byte fill `length` bytes, the first element in the low bits. */
const isPacked = (type, size, length) => {
  const row = typesByName.get(type);
  return row.bits === 4 && length === byteCountOf(row, size);
};

/**
 * A multi-dimensional array, row-major: `new Tensor(type, data, dims?)`, `new Tensor(data, dims?)`, or
 * `new Tensor({ location, type, dims, … })` for memory that lives elsewhere.
 *
 * Data and dims are shared with the caller, not copied. Without dims the tensor has rank 1.
 */
export class Tensor {
  constructor(arg0, arg1, arg2) {
    if (typeof arg0 === 'object' && arg0 !== null && 'location' in arg0) {
      this.#place(arg0);
      return;
    }
    const named = typeof arg0 === 'string';
    const { type, data } = named ? dataOfType(arg0, arg1) : dataOfItself(arg0);
    const given = named ? arg2 : arg1;
    const dims = given === undefined ? [data.length] : given;
    if (!Array.isArray(dims)) throw new TypeError("A tensor's dims must be a number array");
    const size = sizeOf(dims);
    if (size !== data.length && !isPacked(type, size, data.length)) {
      throw new Error(`Tensor's size(${size}) does not match data length(${data.length}).`);
    }
    this.cpuData = data;
    this.dataLocation = 'cpu';
    this.type = type;
    this.dims = dims;
    this.size = size;
  }

  #place(description) {
    const { location, type, dims } = description;
    const place = places[location];
    this.dataLocation = location;
    this.type = type;
    this.dims = dims;
    if (location === 'cpu-pinned') {
      const row = pinnedTypes.includes(type) ? typesByName.get(type) : undefined;
      if (!row) throw new TypeError(`unsupported type "${type}" to create tensor from pinned buffer`);
      const { data } = description;
      const matches = ArrayBuffer.isView(data) && Object.prototype.toString.call(data) === `[object ${row.array}]`;
      if (!matches) throw new TypeError(`buffer should be of type ${row.array}`);
      this.cpuData = data;
    } else if (place) {
      if (!place.types.includes(type)) {
        throw new TypeError(`unsupported type "${type}" to create tensor from ${location}`);
      }
      this[place.field] = description[place.key];
      this.downloader = description.download;
      this.disposer = description.dispose;
    } else {
      throw new Error(`Tensor constructor: unsupported location '${location}'`);
    }
    this.size = sizeOf(dims);
    if (location === 'cpu-pinned' && this.cpuData.length !== this.size) {
      throw new Error(`Tensor's size(${this.size}) does not match data length(${this.cpuData.length}).`);
    }
  }

  /** A float32 tensor `[1, height, width, 4]` of a WebGL texture. */
  static fromTexture(texture, { width, height, download, dispose }) {
    const dims = [1, height, width, 4];
    return new Tensor({ location: 'texture', type: 'float32', texture, dims, download, dispose });
  }

  static fromGpuBuffer(gpuBuffer, { dataType = 'float32', dims, download, dispose }) {
    return new Tensor({ location: 'gpu-buffer', type: dataType, gpuBuffer, dims, download, dispose });
  }

  static fromMLTensor(mlTensor, { dataType = 'float32', dims, download, dispose }) {
    return new Tensor({ location: 'ml-tensor', type: dataType, mlTensor, dims, download, dispose });
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

  get texture() {
    return this.#held('gpuTextureData', 'WebGL texture');
  }

  get gpuBuffer() {
    return this.#held('gpuBufferData', 'WebGPU buffer');
  }

  get mlTensor() {
    return this.#held('mlTensorData', 'WebNN MLTensor');
  }

  #held(field, what) {
    this.ensureValid();
    if (!this[field]) throw new Error(`The data is not stored as a ${what}.`);
    return this[field];
  }

  /**
   * The elements, downloaded once where they are not at hand.
   * @param {boolean} [releaseData] whether to give the GPU's copy back afterwards
   */
  async getData(releaseData) {
    this.ensureValid();
    if (this.dataLocation === 'cpu' || this.dataLocation === 'cpu-pinned') return this.data;
    if (!this.downloader) throw new Error('The current tensor is not created with a specified data downloader.');
    if (this.isDownloading) throw new Error('The current tensor is being downloaded.');
    try {
      this.isDownloading = true;
      const data = await this.downloader();
      this.downloader = undefined;
      this.dataLocation = 'cpu';
      this.cpuData = data;
      if (releaseData && this.disposer) {
        this.disposer();
        this.disposer = undefined;
      }
      return data;
    } finally {
      this.isDownloading = false;
    }
  }

  /** Gives the data back; type, dims and size stay. A second call does nothing. */
  dispose() {
    if (this.isDownloading) throw new Error('The current tensor is being downloaded.');
    if (this.disposer) {
      this.disposer();
      this.disposer = undefined;
    }
    this.cpuData = undefined;
    for (const { field } of Object.values(places)) if (this[field]) this[field] = undefined;
    this.downloader = undefined;
    this.isDownloading = undefined;
    this.dataLocation = 'none';
  }

  ensureValid() {
    if (this.dataLocation === 'none') throw new Error('The tensor is disposed.');
  }

  /** The same elements under other dims of the same product. */
  reshape(dims) {
    this.ensureValid();
    if (this.downloader || this.disposer) throw new Error('Cannot reshape a tensor that owns GPU resource.');
    return new Tensor(this.type, this.data, dims);
  }

  /** Kept through minifying, for whoever prints a tensor. */
  static get name() {
    return 'Tensor';
  }

  get [brand]() {
    return true;
  }

  static [Symbol.hasInstance](value) {
    if (this !== Tensor) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && value[brand] === true;
  }
}
