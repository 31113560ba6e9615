// Every name of the reference's types, so that none is missing.
import type * as ort from 'onnxruntime-web';

export type Top = [
  ort.Backend, ort.ConversionUtils, ort.CpuPinnedConstructorParameters, ort.Env, ort.ExternalDataFileDescription,
  ort.ExternalDataFileType, ort.FileBlob, ort.FileData, ort.FileType, ort.FileUrlOrPath,
  ort.GpuBufferConstructorParameters, ort.ImageFormat, ort.ImageTensorLayout, ort.InferenceSession,
  ort.InferenceSessionFactory, ort.InferenceSessionHandler, ort.MLTensorConstructorParameters, ort.NonTensorType,
  ort.OnnxModelOptions, ort.OnnxValue, ort.OnnxValueDataLocation, ort.OptionResizedDimensions, ort.OptionsDimensions,
  ort.OptionsFormat, ort.OptionsNormalizationParameters, ort.OptionsTensorDataType, ort.OptionsTensorFormat,
  ort.OptionsTensorLayout, ort.SessionHandler, ort.SessionHandler.FeedsType, ort.SessionHandler.FetchesType,
  ort.SessionHandler.ReturnType, ort.Tensor, ort.TensorConstructor, ort.TensorFactory,
  ort.TensorFromGpuBufferOptions<'float32'>, ort.TensorFromImageBitmapOptions, ort.TensorFromImageDataOptions,
  ort.TensorFromImageElementOptions, ort.TensorFromMLTensorOptions<'float32'>, ort.TensorFromTextureOptions<'float32'>,
  ort.TensorFromUrlOptions, ort.TensorToDataUrlOptions, ort.TensorToImageDataOptions, ort.TextureConstructorParameters,
  ort.TypedTensor<'float32'>,
];

export type OfEnv = [
  ort.Env.WasmFilePaths, ort.Env.WasmPathPrefix, ort.Env.WasmPrefixOrFilePaths, ort.Env.WebAssemblyFlags,
  ort.Env.WebGLFlags, ort.Env.WebGpuFlags, ort.Env.WebGpuProfilingData, ort.Env.WebGpuProfilingDataV1,
  ort.Env.WebGpuProfilingDataV1TensorMetadata,
];

export type OfTensor = [
  ort.Tensor.CpuPinnedDataTypes, ort.Tensor.DataLocation, ort.Tensor.DataType, ort.Tensor.DataTypeMap,
  ort.Tensor.ElementType, ort.Tensor.ElementTypeMap, ort.Tensor.GpuBufferDataTypes, ort.Tensor.GpuBufferType,
  ort.Tensor.MLTensorDataTypes, ort.Tensor.MLTensorType, ort.Tensor.TextureDataTypes, ort.Tensor.TextureType,
  ort.Tensor.Type,
];

export type OfSession = [
  ort.InferenceSession.CoreMLExecutionProviderOption, ort.InferenceSession.CpuExecutionProviderOption,
  ort.InferenceSession.CudaExecutionProviderOption, ort.InferenceSession.DmlExecutionProviderOption,
  ort.InferenceSession.ExecutionProviderConfig, ort.InferenceSession.ExecutionProviderName,
  ort.InferenceSession.ExecutionProviderOption, ort.InferenceSession.ExecutionProviderOptionMap,
  ort.InferenceSession.FeedsType, ort.InferenceSession.FetchesType, ort.InferenceSession.NnapiExecutionProviderOption,
  ort.InferenceSession.NonTensorValueMetadata, ort.InferenceSession.NullableOnnxValueMapType,
  ort.InferenceSession.OnnxValueMapType, ort.InferenceSession.QnnExecutionProviderOption,
  ort.InferenceSession.ReturnType, ort.InferenceSession.RunOptions, ort.InferenceSession.SessionOptions,
  ort.InferenceSession.TensorRtExecutionProviderOption, ort.InferenceSession.TensorValueMetadata,
  ort.InferenceSession.ValueMetadata, ort.InferenceSession.ValueMetadataBase,
  ort.InferenceSession.WebAssemblyExecutionProviderOption, ort.InferenceSession.WebGLExecutionProviderOption,
  ort.InferenceSession.WebGpuExecutionProviderOption, ort.InferenceSession.WebNNContextOptions,
  ort.InferenceSession.WebNNExecutionProviderOption, ort.InferenceSession.WebNNOptionsWebGpu,
  ort.InferenceSession.WebNNOptionsWithMLContext, ort.InferenceSession.WebNNOptionsWithoutMLContext,
  ort.InferenceSession.XnnpackExecutionProviderOption,
];

// Programs map every type of element to something, and end with these.
export const sizes: Record<ort.Tensor.Type, number> = {
  float32: 4, uint8: 1, int8: 1, uint16: 2, int16: 2, int32: 4, int64: 8, string: 0, bool: 1, float16: 2, float64: 8,
  uint32: 4, uint64: 8, uint4: 0.5, int4: 0.5,
};

// What helps to declare these is not exported.
// expect TS2694
export type Inner = ort.Declared<'URL'>;
// expect TS2694
export type AlsoInner = ort.ImageOptions;
