import type { Declared } from './host.js';
import type { Tensor, TypedTensor } from './tensor.js';

/** The order of the colours of a pixel, or of the planes of a tensor. */
export type ImageFormat = 'RGB' | 'RGBA' | 'BGR' | 'RBG';

export type ImageTensorLayout = 'NHWC' | 'NCHW';

interface CommonConstructorParameters<T> {
  readonly type: T;
  readonly dims: readonly number[];
}

interface GpuResourceConstructorParameters<T extends Tensor.Type> {
  /** Brings the elements to the CPU; without it `getData` rejects. */
  download?(): Promise<Tensor.DataTypeMap[T]>;
  /** Called when the tensor is disposed of; without it the resource stays the caller's. */
  dispose?(): void;
}

export interface CpuPinnedConstructorParameters<T extends Tensor.CpuPinnedDataTypes = Tensor.CpuPinnedDataTypes>
  extends CommonConstructorParameters<T> {
  readonly location: 'cpu-pinned';
  readonly data: Tensor.DataTypeMap[T];
}

export interface TextureConstructorParameters<T extends Tensor.TextureDataTypes = Tensor.TextureDataTypes>
  extends CommonConstructorParameters<T>, GpuResourceConstructorParameters<T> {
  readonly location: 'texture';
  readonly texture: Tensor.TextureType;
}

export interface GpuBufferConstructorParameters<T extends Tensor.GpuBufferDataTypes = Tensor.GpuBufferDataTypes>
  extends CommonConstructorParameters<T>, GpuResourceConstructorParameters<T> {
  readonly location: 'gpu-buffer';
  readonly gpuBuffer: Tensor.GpuBufferType;
}

export interface MLTensorConstructorParameters<T extends Tensor.MLTensorDataTypes = Tensor.MLTensorDataTypes>
  extends CommonConstructorParameters<T>, GpuResourceConstructorParameters<T> {
  readonly location: 'ml-tensor';
  readonly mlTensor: Tensor.MLTensorType;
}

export interface OptionsFormat {
  /** The order of the colours in the image. */
  format?: ImageFormat;
}

export interface OptionsTensorFormat {
  /** The order of the planes in the tensor; 'RGB' if left out. */
  tensorFormat?: ImageFormat;
}

export interface OptionsTensorDataType {
  dataType?: 'float32' | 'uint8';
}

export interface OptionsTensorLayout {
  /** 'NCHW' if left out. */
  tensorLayout?: ImageTensorLayout;
}

export interface OptionsDimensions {
  /** Pixels. */
  height?: number;
  /** Pixels. */
  width?: number;
}

export interface OptionResizedDimensions {
  /** Pixels; the height of the source if left out. */
  resizedHeight?: number;
  /** Pixels; the width of the source if left out. */
  resizedWidth?: number;
}

type PerChannel = number | [number, number, number] | [number, number, number, number];

export interface OptionsNormalizationParameters {
  /** Elements are `(pixel + bias) / mean`, with pixels from 0 to 255: one number, or one for each channel. */
  norm?: {
    /** 0 if left out. */
    bias?: PerChannel;
    /** 255 if left out. */
    mean?: PerChannel;
  };
}

interface ImageOptions
  extends OptionResizedDimensions,
    OptionsTensorFormat,
    OptionsTensorLayout,
    OptionsTensorDataType,
    OptionsNormalizationParameters {}

export interface TensorFromImageDataOptions extends ImageOptions {}
export interface TensorFromImageElementOptions extends ImageOptions {}
export interface TensorFromUrlOptions extends OptionsDimensions, ImageOptions {}
export interface TensorFromImageBitmapOptions extends ImageOptions {}

export interface TensorFromTextureOptions<T extends Tensor.TextureDataTypes>
  extends Required<OptionsDimensions>, OptionsFormat, GpuResourceConstructorParameters<T> {}

export interface TensorFromGpuBufferOptions<T extends Tensor.GpuBufferDataTypes>
  extends GpuResourceConstructorParameters<T> {
  readonly dims: readonly number[];
  /** 'float32' if left out. */
  dataType?: T;
}

export interface TensorFromMLTensorOptions<T extends Tensor.MLTensorDataTypes>
  extends GpuResourceConstructorParameters<T> {
  readonly dims: readonly number[];
  /** 'float32' if left out. */
  dataType?: T;
}

type ImageTensor = Promise<TypedTensor<'float32'> | TypedTensor<'uint8'>>;

/** The static functions of `Tensor`. */
export interface TensorFactory {
  /** A tensor `[1, channels, height, width]` of an image. */
  fromImage(imageData: Declared<'ImageData'>, options?: TensorFromImageDataOptions): ImageTensor;
  fromImage(imageElement: Declared<'HTMLImageElement'>, options?: TensorFromImageElementOptions): ImageTensor;
  /** @param url  of an image, which is loaded; a data URL is one too */
  fromImage(url: string, options?: TensorFromUrlOptions): ImageTensor;
  fromImage(bitmap: Declared<'ImageBitmap'>, options: TensorFromImageBitmapOptions): ImageTensor;

  /** A float32 tensor `[1, height, width, 4]` of a WebGL texture. */
  fromTexture<T extends Tensor.TextureDataTypes = 'float32'>(
    texture: Tensor.TextureType,
    options: TensorFromTextureOptions<T>,
  ): TypedTensor<'float32'>;

  fromGpuBuffer<T extends Tensor.GpuBufferDataTypes>(
    buffer: Tensor.GpuBufferType,
    options: TensorFromGpuBufferOptions<T>,
  ): TypedTensor<T>;

  fromMLTensor<T extends Tensor.MLTensorDataTypes>(
    tensor: Tensor.MLTensorType,
    options: TensorFromMLTensorOptions<T>,
  ): TypedTensor<T>;

  /** A tensor over memory that stays where it is. */
  fromPinnedBuffer<T extends Tensor.CpuPinnedDataTypes>(
    type: T,
    buffer: Tensor.DataTypeMap[T],
    dims?: readonly number[],
  ): TypedTensor<T>;
}

// Without this line, everything declared above would be exported.
export {};
