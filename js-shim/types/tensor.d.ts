import type { ConversionUtils } from './tensor-conversion.js';
import type { Declared, Disposal, Float16Elements } from './host.js';
import type {
  CpuPinnedConstructorParameters,
  GpuBufferConstructorParameters,
  MLTensorConstructorParameters,
  TensorFactory,
  TextureConstructorParameters,
} from './tensor-factory.js';

interface TypedTensorBase<T extends Tensor.Type> {
  /** The size of each dimension, the outermost first; `[]` for a scalar. */
  readonly dims: readonly number[];
  readonly type: T;
  /** The number of elements. */
  readonly size: number;
  /**
   * The elements, row-major, in the array that the tensor was made with.
   * @throws Error where they are not in the CPU's memory, or the tensor is disposed of
   */
  readonly data: Tensor.DataTypeMap[T];
  readonly location: Tensor.DataLocation;
  /** @throws Error where the tensor is no WebGL texture */
  readonly texture: Tensor.TextureType;
  /** @throws Error where the tensor is no WebGPU buffer */
  readonly gpuBuffer: Tensor.GpuBufferType;
  /** @throws Error where the tensor is no MLTensor of WebNN */
  readonly mlTensor: Tensor.MLTensorType;
  /**
   * The elements, downloaded once where they are elsewhere.
   * @param releaseData  whether to give the other copy back afterwards
   */
  getData(releaseData?: boolean): Promise<Tensor.DataTypeMap[T]>;
  /** Drops the data; `location` is 'none' from then on. A second call does nothing. */
  dispose(): void;
  /**
   * The same elements, in the same array, under other dims.
   * @throws Error where the product of `dims` is not the tensor's size
   */
  reshape(dims: readonly number[]): TypedTensor<T>;
}

export declare namespace Tensor {
  /** What holds the elements of each type. */
  interface DataTypeMap {
    float32: Float32Array;
    uint8: Uint8Array;
    int8: Int8Array;
    uint16: Uint16Array;
    int16: Int16Array;
    int32: Int32Array;
    int64: BigInt64Array;
    string: string[];
    bool: Uint8Array;
    /** Bit patterns; where the host has `Float16Array` it is one, of the same memory. */
    float16: Uint16Array;
    float64: Float64Array;
    uint32: Uint32Array;
    uint64: BigUint64Array;
    /** Two elements a byte, the first in the low bits. */
    uint4: Uint8Array;
    /** As `uint4`: at run time it is a Uint8Array; the name of the type is kept for programs that exist. */
    int4: Int8Array;
  }

  interface ElementTypeMap {
    float32: number;
    uint8: number;
    int8: number;
    uint16: number;
    int16: number;
    int32: number;
    int64: bigint;
    string: string;
    bool: boolean;
    float16: number;
    float64: number;
    uint32: number;
    uint64: bigint;
    uint4: number;
    int4: number;
  }

  type Type = keyof DataTypeMap;
  type DataType = DataTypeMap[Type];
  type ElementType = ElementTypeMap[Type];

  /** Element types of ONNX that have no arrays of their own in JavaScript: their elements are bit patterns. */
  interface NarrowDataTypeMap {
    bfloat16: Uint16Array;
    float8e4m3fn: Uint8Array;
    float8e4m3fnuz: Uint8Array;
    float8e5m2: Uint8Array;
    float8e5m2fnuz: Uint8Array;
  }

  type NarrowType = keyof NarrowDataTypeMap;

  type DataLocation = 'none' | 'cpu' | 'cpu-pinned' | 'texture' | 'gpu-buffer' | 'ml-tensor';

  type CpuPinnedDataTypes = Exclude<Type, 'string'>;

  type TextureType = Declared<'WebGLTexture'>;
  type TextureDataTypes = 'float32';

  type GpuBufferType = Declared<'GPUBuffer', { size: number; mapState: 'unmapped' | 'pending' | 'mapped' }>;
  type GpuBufferDataTypes =
    | 'float32' | 'float16' | 'int32' | 'int64' | 'uint32' | 'uint8' | 'bool' | 'uint4' | 'int4';

  type MLTensorType = Declared<'MLTensor', { destroy(): void }>;
  type MLTensorDataTypes = GpuBufferDataTypes | 'int8' | 'uint64';
}

/** A tensor whose element type is known. */
export interface TypedTensor<T extends Tensor.Type> extends TypedTensorBase<T>, ConversionUtils, Disposal {}

/** An array of any rank, row-major. */
export interface Tensor extends TypedTensorBase<Tensor.Type>, ConversionUtils, Disposal {}

/** A tensor of bfloat16 or float8 bit patterns. */
export interface NarrowTensor<T extends Tensor.NarrowType = Tensor.NarrowType>
  extends Omit<TypedTensorBase<'uint8'>, 'type' | 'data' | 'getData' | 'reshape'>,
    Disposal {
  readonly type: T;
  readonly data: Tensor.NarrowDataTypeMap[T];
  getData(releaseData?: boolean): Promise<Tensor.NarrowDataTypeMap[T]>;
  reshape(dims: readonly number[]): NarrowTensor<T>;
}

/**
 * Makes tensors. Data and dims are shared with the caller, never copied, but where numbers come in a plain array or in
 * a Uint8ClampedArray. Without `dims` the tensor has rank 1.
 *
 * Throws a TypeError for a wrong kind of data, a RangeError for a negative dim, and an Error where the product of
 * `dims` is not the number of elements.
 */
export interface TensorConstructor extends TensorFactory {
  new (type: 'string', data: readonly string[], dims?: readonly number[]): TypedTensor<'string'>;
  new (type: 'bool', data: Uint8Array | readonly boolean[], dims?: readonly number[]): TypedTensor<'bool'>;
  new (type: 'uint8', data: Uint8ClampedArray, dims?: readonly number[]): TypedTensor<'uint8'>;
  /** Numbers become bigints; one with a fraction is a RangeError. */
  new <T extends 'uint64' | 'int64'>(
    type: T,
    data: Tensor.DataTypeMap[T] | readonly bigint[] | readonly number[],
    dims?: readonly number[],
  ): TypedTensor<T>;
  /** Plain numbers only where the host has `Float16Array`; bit patterns always. */
  new (
    type: 'float16',
    data: Uint16Array | Float16Elements | readonly number[],
    dims?: readonly number[],
  ): TypedTensor<'float16'>;
  /** Packed, two elements a byte, or one element a byte. */
  new <T extends 'uint4' | 'int4'>(type: T, data: Uint8Array, dims?: readonly number[]): TypedTensor<T>;
  new <T extends Tensor.NarrowType>(
    type: T,
    data: Tensor.NarrowDataTypeMap[T],
    dims?: readonly number[],
  ): NarrowTensor<T>;
  new <T extends Exclude<Tensor.Type, 'string' | 'bool' | 'uint64' | 'int64'>>(
    type: T,
    data: Tensor.DataTypeMap[T] | readonly number[],
    dims?: readonly number[],
  ): TypedTensor<T>;

  new (data: Float32Array, dims?: readonly number[]): TypedTensor<'float32'>;
  new (data: Int8Array, dims?: readonly number[]): TypedTensor<'int8'>;
  new (data: Uint8Array, dims?: readonly number[]): TypedTensor<'uint8'>;
  new (data: Uint8ClampedArray, dims?: readonly number[]): TypedTensor<'uint8'>;
  new (data: Uint16Array, dims?: readonly number[]): TypedTensor<'uint16'>;
  new (data: Int16Array, dims?: readonly number[]): TypedTensor<'int16'>;
  new (data: Int32Array, dims?: readonly number[]): TypedTensor<'int32'>;
  new (data: BigInt64Array, dims?: readonly number[]): TypedTensor<'int64'>;
  new (data: Float16Elements, dims?: readonly number[]): TypedTensor<'float16'>;
  new (data: readonly string[], dims?: readonly number[]): TypedTensor<'string'>;
  new (data: readonly boolean[], dims?: readonly number[]): TypedTensor<'bool'>;
  new (data: Float64Array, dims?: readonly number[]): TypedTensor<'float64'>;
  new (data: Uint32Array, dims?: readonly number[]): TypedTensor<'uint32'>;
  new (data: BigUint64Array, dims?: readonly number[]): TypedTensor<'uint64'>;

  /** Memory that lives elsewhere. */
  new <T extends Tensor.CpuPinnedDataTypes>(params: CpuPinnedConstructorParameters<T>): TypedTensor<T>;
  new <T extends Tensor.TextureDataTypes>(params: TextureConstructorParameters<T>): TypedTensor<T>;
  new <T extends Tensor.GpuBufferDataTypes>(params: GpuBufferConstructorParameters<T>): TypedTensor<T>;
  new <T extends Tensor.MLTensorDataTypes>(params: MLTensorConstructorParameters<T>): TypedTensor<T>;

  new (
    type: Tensor.Type,
    data: Tensor.DataType | readonly number[] | readonly string[] | readonly bigint[] | readonly boolean[],
    dims?: readonly number[],
  ): Tensor;
  new (data: Tensor.DataType, dims?: readonly number[]): Tensor;
}

export declare const Tensor: TensorConstructor;

// Without this line, everything declared above would be exported.
export {};
