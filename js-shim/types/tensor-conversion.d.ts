import type { Declared } from './host.js';
import type { OptionsFormat, OptionsNormalizationParameters, OptionsTensorLayout } from './tensor-factory.js';

export interface TensorToDataUrlOptions extends OptionsTensorLayout, OptionsFormat, OptionsNormalizationParameters {}
export interface TensorToImageDataOptions extends OptionsTensorLayout, OptionsFormat, OptionsNormalizationParameters {}

/** From tensors of rank 4 to images: a pixel is `(element - bias) * mean`. */
export interface ConversionUtils {
  /** @throws Error where the host has no canvas that makes data URLs */
  toDataURL(options?: TensorToDataUrlOptions): string;
  /** @throws Error where the host has no canvas, or the channels do not fit the format */
  toImageData(options?: TensorToImageDataOptions): Declared<'ImageData'>;
}
