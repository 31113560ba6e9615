// ONNX models in JavaScript. Everything that a program may use is exported here, by name and as the default.
import { registerBackend } from './backend.js';
import { env } from './env.js';
import { InferenceSession } from './inference-session.js';
import { Tensor } from './tensor.js';
import { wasmBackend } from './wasm-backend.js';

registerBackend('cpu', wasmBackend, 10);
registerBackend('wasm', wasmBackend, 10);

export { InferenceSession, Tensor, env, registerBackend };
export default { InferenceSession, Tensor, env, registerBackend };
