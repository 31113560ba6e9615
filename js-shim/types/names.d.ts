// Every export but the default, which each entry adds.
export * from './backend.js';
export * from './env.js';
export * from './inference-session.js';
export * from './onnx-model.js';
export * from './onnx-value.js';
export * from './tensor-conversion.js';
export * from './tensor-factory.js';
export * from './tensor.js';
export * from './trace.js';
