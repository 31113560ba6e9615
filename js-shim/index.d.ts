// Types of what there is so far; the whole of the reference's type surface comes with the whole of its API.

export declare namespace Tensor {
  type Type =
    | 'float32' | 'uint8' | 'int8' | 'uint16' | 'int16' | 'int32' | 'int64' | 'string' | 'bool' | 'float16' | 'float64'
    | 'uint32' | 'uint64' | 'bfloat16' | 'float8e4m3fn' | 'float8e4m3fnuz' | 'float8e5m2' | 'float8e5m2fnuz'
    | 'uint4' | 'int4';
  type DataType =
    | Float32Array | Uint8Array | Int8Array | Uint16Array | Int16Array | Int32Array | BigInt64Array | Float64Array
    | Uint32Array | BigUint64Array | string[];
  type DataLocation = 'none' | 'cpu' | 'cpu-pinned' | 'texture' | 'gpu-buffer' | 'ml-tensor';
}

/** A multi-dimensional array, row-major. Data and dims are shared with the caller, not copied. */
export declare class Tensor {
  constructor(
    type: Tensor.Type,
    data: Tensor.DataType | Uint8ClampedArray | readonly number[] | readonly bigint[] | readonly boolean[],
    dims?: readonly number[],
  );
  constructor(data: Tensor.DataType | Uint8ClampedArray | readonly boolean[], dims?: readonly number[]);
  readonly type: Tensor.Type;
  readonly dims: readonly number[];
  readonly size: number;
  readonly data: Tensor.DataType;
  readonly location: Tensor.DataLocation;
  getData(releaseData?: boolean): Promise<Tensor.DataType>;
  reshape(dims: readonly number[]): Tensor;
  dispose(): void;
}

export declare namespace InferenceSession {
  /** A tensor; a list for a sequence; a Map for a map; null for an optional without a value. */
  type Value = Tensor | Value[] | Map<string | bigint, unknown> | null;
  type FeedsType = { readonly [name: string]: Tensor | readonly Tensor[] };
  type FetchesType = readonly string[] | { readonly [name: string]: Tensor | null };
  type ReturnType = { readonly [name: string]: Tensor };

  interface SessionOptions {
    executionProviders?: readonly (string | { readonly name: string })[];
    graphOptimizationLevel?: 'disabled' | 'basic' | 'extended' | 'layout' | 'all';
    executionMode?: 'sequential' | 'parallel';
    freeDimensionOverrides?: { readonly [dim: string]: number };
    externalData?: readonly (string | { path: string; data: string | Uint8Array | ArrayBufferLike | Blob })[];
    enableProfiling?: boolean;
    enableGraphCapture?: boolean;
    logId?: string;
    logSeverityLevel?: 0 | 1 | 2 | 3 | 4;
    logVerbosityLevel?: number;
    extra?: Record<string, unknown>;
    /** The most bytes that weights, activations and scratch may take together. */
    maxMemory?: number;
  }

  interface RunOptions {
    logSeverityLevel?: 0 | 1 | 2 | 3 | 4;
    logVerbosityLevel?: number;
    tag?: string;
    extra?: Record<string, unknown>;
    /** Ends this run at its next step; may be set while the run goes on. */
    terminate?: boolean;
    /** Ends this run at its next step. */
    signal?: AbortSignal;
    /** Lets other work of this thread go on so often. */
    yieldEveryMs?: number;
  }

  type ValueMetadata =
    | {
        readonly name: string;
        readonly isTensor: true;
        readonly type: Tensor.Type;
        /** A dim is a size, a symbol, or '' where nothing is known. */
        readonly shape: readonly (number | string)[];
        /** Set where even the rank is unknown; `shape` is then empty. */
        readonly unranked?: true;
      }
    | { readonly name: string; readonly isTensor: false };

  /** What the engine throws besides the fields of every error. */
  interface RuntimeError extends Error {
    readonly code: number;
    readonly node?: string;
    readonly opType?: string;
    readonly opset?: number;
    readonly shapes?: readonly (readonly number[])[];
    readonly hint?: string;
  }
}

/** A loaded model. */
export declare class InferenceSession {
  private constructor();
  static create(path: string, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  static create(
    model: Uint8Array | ArrayBufferLike,
    options?: InferenceSession.SessionOptions,
  ): Promise<InferenceSession>;
  static create(
    model: ArrayBufferLike,
    byteOffset: number,
    byteLength?: number,
    options?: InferenceSession.SessionOptions,
  ): Promise<InferenceSession>;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly InferenceSession.ValueMetadata[];
  readonly outputMetadata: readonly InferenceSession.ValueMetadata[];
  run(
    feeds: InferenceSession.FeedsType,
    options?: InferenceSession.RunOptions,
  ): Promise<InferenceSession.ReturnType>;
  run(
    feeds: InferenceSession.FeedsType,
    fetches: InferenceSession.FetchesType,
    options?: InferenceSession.RunOptions,
  ): Promise<InferenceSession.ReturnType>;
  release(): Promise<void>;
  startProfiling(): void;
  /** Time per node over all runs, where `enableProfiling` asked for it. */
  endProfiling(): { name: string; opType: string; runs: number; milliseconds: number }[];
}

export declare const env: {
  logLevel?: 'verbose' | 'info' | 'warning' | 'error' | 'fatal';
  readonly versions: { readonly common: string; readonly apus: string; readonly node?: string; readonly web?: string };
  wasm: {
    numThreads?: number;
    initTimeout?: number;
    proxy?: boolean;
    wasmPaths?: string | URL | { wasm?: string | URL; mjs?: string | URL } | Record<string, string | URL>;
    wasmBinary?: ArrayBufferLike | Uint8Array;
    wasmModule?: WebAssembly.Module;
    [flag: string]: unknown;
  };
  webgl: Record<string, unknown>;
  webgpu: Record<string, unknown>;
  [key: string]: unknown;
};

export declare function registerBackend(name: string, backend: object, priority: number): void;

declare const ort: {
  Tensor: typeof Tensor;
  InferenceSession: typeof InferenceSession;
  env: typeof env;
  registerBackend: typeof registerBackend;
};
export default ort;
