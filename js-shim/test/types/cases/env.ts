import { env, Env, registerBackend, TRACE, TRACE_EVENT_BEGIN, TRACE_EVENT_END, TRACE_FUNC_BEGIN, TRACE_FUNC_END } from 'onnxruntime-web';
import ort from 'onnxruntime-web';

env.wasm.numThreads = 4;
env.wasm.simd = 'relaxed';
env.wasm.proxy = true;
env.wasm.initTimeout = 1000;
env.wasm.wasmPaths = '/ort/';
env.wasm.wasmPaths = { wasm: new URL('https://example.com/x.wasm'), mjs: '/x.mjs' };
env.wasm.wasmPaths = new URL('https://example.com/');
env.wasm.wasmPaths = { 'ort-wasm-simd-threaded.wasm': '/x.wasm' };
env.wasm.wasmBinary = new Uint8Array(8);
env.wasm.wasmBinary = new ArrayBuffer(8);
env.wasm.wasmModule = new WebAssembly.Module(new Uint8Array(8));
env.webgpu.powerPreference = 'low-power';
env.webgpu.profiling = { mode: 'default', ondata: (data) => data.programName.length + data.endTime };
env.webgpu.requiredFeatures = ['shader-f16'];
env.webgl.contextId = 'webgl2';
env.logLevel = 'verbose';
env.debug = env.trace = true;
env.mine = { anything: 1 };
const versions: [string, string | undefined, string | undefined] = [env.versions.common, env.versions.apus, env.versions.web];
const flags: Env.WebAssemblyFlags = env.wasm;
const paths: Env.WasmPrefixOrFilePaths = { wasm: 'a' };
const same: typeof env = ort.env;
const type: ort.Tensor.Type = 'float32';

TRACE('CPU', 'label');
TRACE_FUNC_BEGIN();
TRACE_FUNC_END('more');
TRACE_EVENT_BEGIN('name');
TRACE_EVENT_END('name');

// expect TS2322
env.wasm.simd = 'fast';
// expect TS2322
env.wasm.numThreads = 'many';
// expect TS2322
env.logLevel = 'loud';
// expect TS2540
env.versions.web = '1.0.0';
// expect TS2339
env.wasm.nonsense;
// expect TS2322
const device: Promise<unknown> = env.webgpu.device;
// expect TS2345
registerBackend('name', { init: async () => {} }, 1);
