// ONNX models in JavaScript. Everything that a program may use is exported here, by name and as the default.
// Tensors come first since the bundle zips best in this order, by 60 bytes.
import { Tensor } from './tensor.js';
import { wasmBackend } from './wasm-backend.js';
import { env } from './env.js';
import { InferenceSession } from './inference-session.js';
import { offerBackend, registerBackend } from './backend.js';
import { TRACE, TRACE_EVENT_BEGIN, TRACE_EVENT_END, TRACE_FUNC_BEGIN, TRACE_FUNC_END } from './trace.js';

offerBackend('cpu', wasmBackend, 10);
offerBackend('wasm', wasmBackend, 10);

export {
  InferenceSession,
  TRACE,
  TRACE_EVENT_BEGIN,
  TRACE_EVENT_END,
  TRACE_FUNC_BEGIN,
  TRACE_FUNC_END,
  Tensor,
  env,
  registerBackend,
};
export default {
  InferenceSession,
  TRACE,
  TRACE_EVENT_BEGIN,
  TRACE_EVENT_END,
  TRACE_FUNC_BEGIN,
  TRACE_FUNC_END,
  Tensor,
  env,
  registerBackend,
};
