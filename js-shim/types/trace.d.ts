// Marks for the tools of the host, where `env.trace` (or `env.wasm.trace`) is true.

/** Stamps `<deviceType>::ORT::<label>` with the time. */
export declare const TRACE: (deviceType: string, label: string) => void;
export declare const TRACE_FUNC_BEGIN: (extraMessage?: string) => void;
export declare const TRACE_FUNC_END: (extraMessage?: string) => void;
/** Begins timing `ORT::<name>`. */
export declare const TRACE_EVENT_BEGIN: (name: string) => void;
export declare const TRACE_EVENT_END: (name: string) => void;
