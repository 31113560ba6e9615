import type { Declared, WasmModule } from './host.js';

export declare namespace Env {
  /** The folder or address under which the files lie. */
  type WasmPathPrefix = string;

  /** Where single files are. `mjs` is never loaded: it only says where the wasm file may lie beside it. */
  interface WasmFilePaths {
    wasm?: Declared<'URL', never> | string;
    mjs?: Declared<'URL', never> | string;
  }

  type WasmPrefixOrFilePaths = WasmPathPrefix | WasmFilePaths;

  interface WebAssemblyFlags {
    /**
     * Threads that compute, the caller's among them. Left out: half of the processors, at most 4, and 1 on a page that
     * is not cross-origin isolated. Read when the first session is made, which writes here what it came to.
     */
    numThreads?: number;
    /**
     * 'relaxed' demands relaxed SIMD, 'fixed' and `true` demand SIMD, `false` asks for no check. Read when the first
     * session is made.
     */
    simd?: boolean | 'fixed' | 'relaxed';
    /** @deprecated `env.trace` */
    trace?: boolean;
    /** Milliseconds to wait for the wasm file; 0, the default, means for ever. */
    initTimeout?: number;
    /** Where the wasm file is, if not beside the script: a prefix, single files, or a map keyed by file name. */
    wasmPaths?: WasmPrefixOrFilePaths | Declared<'URL', never> | { readonly [fileName: `${string}.wasm`]: string };
    /** The bytes of the wasm file. */
    wasmBinary?: ArrayBufferLike | Uint8Array;
    /** The wasm file compiled already, for hosts that forbid compiling. */
    wasmModule?: WasmModule;
    /** Whether sessions made from now on live in a worker. */
    proxy?: boolean;
  }

  interface WebGLFlags {
    contextId?: 'webgl' | 'webgl2';
    readonly context: Declared<'WebGLRenderingContext'>;
    /** @deprecated without effect */
    matmulMaxBatchSize?: number;
    textureCacheMode?: 'initializerOnly' | 'full';
    pack?: boolean;
    async?: boolean;
  }

  interface WebGpuProfilingDataV1TensorMetadata {
    dims: readonly number[];
    dataType: string;
  }

  interface WebGpuProfilingDataV1 {
    version: 1;
    inputsMetadata: readonly WebGpuProfilingDataV1TensorMetadata[];
    outputsMetadata: readonly WebGpuProfilingDataV1TensorMetadata[];
    kernelId: number;
    kernelType: string;
    kernelName: string;
    programName: string;
    /** Nanoseconds. */
    startTime: number;
    /** Nanoseconds. */
    endTime: number;
  }

  type WebGpuProfilingData = WebGpuProfilingDataV1;

  interface WebGpuFlags {
    /** @deprecated `env.webgpu.profiling.mode` */
    profilingMode?: 'off' | 'default';
    profiling?: { mode?: 'off' | 'default'; ondata?: (data: WebGpuProfilingData) => void };
    powerPreference?: 'low-power' | 'high-performance';
    forceFallbackAdapter?: boolean;
    adapter: Declared<'GPUAdapter'>;
    get device(): Declared<'GPUDevice'>;
    set device(device: Declared<'GPUDevice'>);
    /** Features to ask of a device that is not given. */
    requiredFeatures?: string[];
    validateInputContent?: boolean;
  }
}

/** The settings of the library: one object, to which anyone may add. */
export interface Env {
  /**
   * What is logged at least; 'warning' by default.
   * @throws Error when set to anything else
   */
  logLevel?: 'verbose' | 'info' | 'warning' | 'error' | 'fatal';
  /** Whether shapes, NaN and late changes of these settings are checked and logged. */
  debug?: boolean;
  /** Whether `TRACE` and its like mark the host's timeline. */
  trace?: boolean;
  readonly versions: {
    /** The version of the interface that this one follows. */
    readonly common: string;
    /** The version of this library. */
    readonly apus?: string;
    /** Never set: programs build from it the address of another library's files. */
    readonly web?: string;
    readonly node?: string;
    readonly 'react-native'?: string;
  };
  readonly wasm: Env.WebAssemblyFlags;
  readonly webgl: Env.WebGLFlags;
  readonly webgpu: Env.WebGpuFlags;
  [name: string]: unknown;
}

export declare const env: Env;
