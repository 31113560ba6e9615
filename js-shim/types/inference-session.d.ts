import type * as providers from './execution-providers.js';
import type { AsyncDisposal, Signal } from './host.js';
import type { FileData, ModelSource, OnnxModelOptions } from './onnx-model.js';
import type { AnyOnnxValue, OnnxValue, OnnxValueDataLocation } from './onnx-value.js';
import type { Tensor } from './tensor.js';

type LogSeverityLevel = 0 | 1 | 2 | 3 | 4;

export declare namespace InferenceSession {
  type OnnxValueMapType = { readonly [name: string]: OnnxValue };
  type NullableOnnxValueMapType = { readonly [name: string]: OnnxValue | null };

  /** The inputs by name. */
  type FeedsType = OnnxValueMapType;

  /** The outputs wanted: their names, or an object with null, or with a tensor to be filled and returned, for each. */
  type FetchesType = readonly string[] | NullableOnnxValueMapType;

  /** The outputs by name, in the order asked for. */
  type ReturnType = OnnxValueMapType;

  /** What `run` takes besides tensors: sequences, maps and empty optionals. */
  type AnyFeedsType = { readonly [name: string]: AnyOnnxValue };

  interface SessionOptions extends OnnxModelOptions {
    /** Names, or objects with a name; the first that is available runs the model. */
    executionProviders?: readonly ExecutionProviderConfig[];
    /** Threads of this session, the caller's among them; `env.wasm.numThreads` if left out. */
    intraOpNumThreads?: number;
    /** Accepted; operators run one after the other. */
    interOpNumThreads?: number;
    /** Sizes of symbolic dims, which then are fixed. */
    freeDimensionOverrides?: { readonly [dimensionName: string]: number };
    /** 'all' if left out. */
    graphOptimizationLevel?: 'disabled' | 'basic' | 'extended' | 'layout' | 'all';
    /** Accepted; memory is planned before each run of new shapes. */
    enableCpuMemArena?: boolean;
    /** Accepted; memory is planned before each run of new shapes. */
    enableMemPattern?: boolean;
    /** Accepted; operators run one after the other. */
    executionMode?: 'sequential' | 'parallel';
    /** Writes the model as it is after optimising: to this path in Node, as a download in browsers. */
    optimizedModelFilePath?: string;
    /** Whether to measure what each node takes, from the first run on; see `startProfiling`. */
    enableProfiling?: boolean;
    profileFilePrefix?: string;
    logId?: string;
    /** 0 verbose, 1 info, 2 warning, 3 error, 4 fatal. */
    logSeverityLevel?: LogSeverityLevel;
    logVerbosityLevel?: number;
    /** Where results shall lie, for all of them or by name. */
    preferredOutputLocation?: OnnxValueDataLocation | { readonly [outputName: string]: OnnxValueDataLocation };
    /** Checked; without effect on `wasm`. */
    enableGraphCapture?: boolean;
    /** More settings, nested objects of texts, numbers and booleans; names that nobody knows are left alone. */
    extra?: Record<string, unknown>;
    /** Accepted; no model of this library has data in another context. */
    epContextDataRead?: { readonly callback: (name: string) => Uint8Array; readonly maxDataSize?: number };

    /** Stops loading: `create` then rejects with the signal's reason. */
    signal?: Signal;
    /** Told now and then how far loading has come. */
    onProgress?: (progress: Progress) => void;
    /** Milliseconds of loading after which other work of this thread may go on. */
    yieldEveryMs?: number;
    /** Bytes that weights, activations and scratch may take together; more is an error of code 12. */
    maxMemory?: number;
    /** Values inside the graph that `run` may be asked for by name: those named, or all of them. */
    intermediates?: boolean | readonly string[];
    /** With `env.wasm.proxy`: hands the model's memory to the worker, without a copy; the array is then empty. */
    transfer?: boolean;
    /** 'strict': the same bytes in every host, at the price of instructions that round differently. */
    determinism?: 'strict';
  }

  /** How far loading has come: first bytes arrive, where they have to, then the core works on them. */
  type Progress =
    | {
        readonly phase: 'download';
        /** Bytes so far. */
        readonly loaded: number;
        /** Bytes in all; undefined where nobody knows. */
        readonly total?: number;
        /** Of an external file: its path. */
        readonly path?: string;
      }
    | {
        readonly phase: 'load';
        /** From 0 to 1. */
        readonly loaded: number;
        readonly total: 1;
      };

  interface RunOptions {
    /** 0 verbose, 1 info, 2 warning, 3 error, 4 fatal. */
    logSeverityLevel?: LogSeverityLevel;
    logVerbosityLevel?: number;
    /** Ends this run; may be set while it goes on, and is looked at wherever the run lets other work go on. */
    terminate?: boolean;
    tag?: string;
    extra?: Record<string, unknown>;

    /** Stops this run: it then rejects with the signal's reason. */
    signal?: Signal;
    /** Milliseconds of computing after which other work of this thread may go on. */
    yieldEveryMs?: number;
    /** With `env.wasm.proxy`: hands the feeds' memory to the worker, without a copy; the arrays are then empty. */
    transfer?: boolean;
  }

  type ExecutionProviderOptionMap = providers.ExecutionProviderOptionMap;
  type ExecutionProviderName = providers.ExecutionProviderName;
  type ExecutionProviderConfig = providers.ExecutionProviderConfig;
  type ExecutionProviderOption = providers.ExecutionProviderOption;
  type CpuExecutionProviderOption = providers.CpuExecutionProviderOption;
  type CudaExecutionProviderOption = providers.CudaExecutionProviderOption;
  type DmlExecutionProviderOption = providers.DmlExecutionProviderOption;
  type TensorRtExecutionProviderOption = providers.TensorRtExecutionProviderOption;
  type WebAssemblyExecutionProviderOption = providers.WebAssemblyExecutionProviderOption;
  type WebGLExecutionProviderOption = providers.WebGLExecutionProviderOption;
  type XnnpackExecutionProviderOption = providers.XnnpackExecutionProviderOption;
  type WebGpuExecutionProviderOption = providers.WebGpuExecutionProviderOption;
  type WebNNContextOptions = providers.WebNNContextOptions;
  type WebNNOptionsWithoutMLContext = providers.WebNNOptionsWithoutMLContext;
  type WebNNOptionsWithMLContext = providers.WebNNOptionsWithMLContext;
  type WebNNOptionsWebGpu = providers.WebNNOptionsWebGpu;
  type WebNNExecutionProviderOption = providers.WebNNExecutionProviderOption;
  type QnnExecutionProviderOption = providers.QnnExecutionProviderOption;
  type CoreMLExecutionProviderOption = providers.CoreMLExecutionProviderOption;
  type NnapiExecutionProviderOption = providers.NnapiExecutionProviderOption;

  interface ValueMetadataBase {
    readonly name: string;
  }

  /** A sequence, an optional or a map. */
  interface NonTensorValueMetadata extends ValueMetadataBase {
    readonly isTensor: false;
  }

  interface TensorValueMetadata extends ValueMetadataBase {
    readonly isTensor: true;
    readonly type: Tensor.Type;
    /** Of each dim its size, its symbol, or '' where nothing is known. */
    readonly shape: ReadonlyArray<number | string>;
    /** Set where even the rank is unknown; `shape` is then empty. */
    readonly unranked?: true;
  }

  type ValueMetadata = NonTensorValueMetadata | TensorValueMetadata;

  /** What one node took, over the runs that were measured. */
  interface NodeProfile {
    readonly name: string;
    readonly opType: string;
    readonly runs: number;
    readonly milliseconds: number;
  }

  /** Bytes. */
  interface Memory {
    /** The weights, packed. */
    readonly weights: number;
    /** Activations and scratch of the largest plan so far. */
    readonly arena: number;
    /** The most that the session ever took. */
    readonly peak: number;
  }

  /** What the engine throws and rejects with. The message begins with `[ERROR_CODE: code]`. */
  interface RuntimeError extends Error {
    /** 1 failed, 2 wrong argument, 3 no such file, 7 no ONNX model, 9 not implemented, 10 wrong graph, 12 no memory. */
    readonly code: number;
    /** The node at which it happened, as the model names it. */
    readonly node?: string;
    readonly opType?: string;
    readonly opset?: number;
    /** Of that node's inputs. */
    readonly shapes?: readonly (readonly number[])[];
    /** What may help. */
    readonly hint?: string;
    readonly cause?: unknown;
  }
}

/** A loaded model. Runs of one session wait for each other, in the order of the calls. */
export interface InferenceSession extends AsyncDisposal {
  /**
   * Computes outputs. Feeds are read before this returns; the results have memory of their own.
   *
   * @param feeds  every input of the model, and any input that has a default
   * @throws TypeError for a wrong kind of argument, RangeError for an output that there is not, Error for an input that
   *   is missing or unknown, and `InferenceSession.RuntimeError` for wrong types and shapes and for what fails inside
   */
  run(
    feeds: InferenceSession.FeedsType | InferenceSession.AnyFeedsType,
    options?: InferenceSession.RunOptions,
  ): Promise<InferenceSession.ReturnType>;
  run(
    feeds: InferenceSession.FeedsType | InferenceSession.AnyFeedsType,
    fetches: InferenceSession.FetchesType,
    options?: InferenceSession.RunOptions,
  ): Promise<InferenceSession.ReturnType>;

  /**
   * As `run`, but returns the results. Never lets other work go on.
   * @throws Error where a run of this session goes on, or the session lives in a worker
   */
  runSync(
    feeds: InferenceSession.FeedsType | InferenceSession.AnyFeedsType,
    options?: InferenceSession.RunOptions,
  ): InferenceSession.ReturnType;
  runSync(
    feeds: InferenceSession.FeedsType | InferenceSession.AnyFeedsType,
    fetches: InferenceSession.FetchesType,
    options?: InferenceSession.RunOptions,
  ): InferenceSession.ReturnType;

  /** Gives the session's memory back, after the runs that wait. A second call does nothing. */
  release(): Promise<void>;

  /** Measures what each node takes, in runs from now on; what was measured before is dropped. */
  startProfiling(): void;
  /**
   * Ends that.
   * @returns what each node took since `startProfiling`, or since the beginning where `enableProfiling` asked for it
   */
  endProfiling(): InferenceSession.NodeProfile[];

  /** The inputs that must be fed, in the model's order. */
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly InferenceSession.ValueMetadata[];
  readonly outputMetadata: readonly InferenceSession.ValueMetadata[];
  readonly memory: InferenceSession.Memory;
  /** The bytes of the model after optimising, where `optimizedModelFilePath` asked for it. */
  readonly optimizedModel?: Uint8Array;
}

export interface InferenceSessionFactory {
  /**
   * Loads a model. Bytes are read, not kept; they must not change until the promise settles.
   *
   * @param uri  of the model file; in Node a path as well
   * @throws TypeError and RangeError for wrong arguments; `InferenceSession.RuntimeError` for a model that is broken or
   *   needs what there is not; Error where no execution provider is available
   */
  create(uri: string, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  create(buffer: ArrayBufferLike, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  /** The model is `buffer[byteOffset..<byteOffset + byteLength]`; without a length it is the rest. */
  create(
    buffer: ArrayBufferLike,
    byteOffset: number,
    byteLength?: number,
    options?: InferenceSession.SessionOptions,
  ): Promise<InferenceSession>;
  create(buffer: Uint8Array, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  /** What arrives bit by bit is kept until the session is made; a file is read straight into the session's memory. */
  create(
    model: ModelSource | ArrayBufferView | PromiseLike<string | FileData | ModelSource | ArrayBufferView>,
    options?: InferenceSession.SessionOptions,
  ): Promise<InferenceSession>;

  /**
   * As `create`, without a promise. The wasm file must be at hand: compiled for an earlier session, given as
   * `env.wasm.wasmModule` or `env.wasm.wasmBinary`, or, in Node, a file.
   *
   * @param model  bytes; where there are files a path as well
   */
  createSync(model: string | FileData, options?: InferenceSession.SessionOptions): InferenceSession;
  createSync(
    buffer: ArrayBufferLike,
    byteOffset: number,
    byteLength?: number,
    options?: InferenceSession.SessionOptions,
  ): InferenceSession;
}

export declare const InferenceSession: InferenceSessionFactory;

// Without this line, everything declared above would be exported.
export {};
