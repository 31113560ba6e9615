import type { InferenceSession } from './inference-session.js';
import type { OnnxValue } from './onnx-value.js';

export declare namespace SessionHandler {
  type FeedsType = { [name: string]: OnnxValue };
  type FetchesType = { [name: string]: OnnxValue | null };
  type ReturnType = { [name: string]: OnnxValue };
}

export interface SessionHandler {
  dispose(): Promise<void>;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly InferenceSession.ValueMetadata[];
  readonly outputMetadata: readonly InferenceSession.ValueMetadata[];
}

/** One session of a backend. */
export interface InferenceSessionHandler extends SessionHandler {
  startProfiling(): void;
  endProfiling(): unknown;
  run(
    feeds: SessionHandler.FeedsType,
    fetches: SessionHandler.FetchesType,
    options: InferenceSession.RunOptions,
  ): Promise<SessionHandler.ReturnType>;
}

/** Who runs models, by the names that `executionProviders` uses. */
export interface Backend {
  /** Made ready; a rejection says why it cannot be. */
  init(backendName: string): Promise<void>;
  createInferenceSessionHandler(
    uriOrBuffer: string | Uint8Array,
    options?: InferenceSession.SessionOptions,
  ): Promise<InferenceSessionHandler>;
}

/**
 * Offers a backend under a name. Among the names tried when none is asked for, a higher priority comes first and, of
 * equals, the later one; a negative priority keeps the name out of them.
 *
 * @throws TypeError where the backend lacks a function
 * @throws Error where another backend has the name and the priority
 */
export declare function registerBackend(name: string, backend: Backend, priority: number): void;
