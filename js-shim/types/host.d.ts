// Names that a program's libraries may or may not declare: those of browsers, and those newer than the oldest compiler
// that reads these files. Nothing here is exported to users.

/** The instances of a class of the host, or `Fallback` where no library declares that class. */
export type Declared<Name extends string, Fallback = unknown> = typeof globalThis extends {
  [key in Name]: { prototype: infer Instance };
}
  ? Instance
  : Fallback;

/** `Float16Array`, which holds float16 where the host has it. */
export type Float16Elements = Declared<'Float16Array', never>;

export type WasmModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Instance } } }
  ? Instance
  : object;

export type Signal = Declared<'AbortSignal', { readonly aborted: boolean; throwIfAborted(): void }>;

type Symbols = typeof Symbol;

/** What `using` asks for, where the library knows it. */
export type Disposal = Symbols extends { readonly dispose: infer Key }
  ? Key extends symbol
    ? { [key in Key]: () => void }
    : {}
  : {};

/** What `await using` asks for, where the library knows it. */
export type AsyncDisposal = Symbols extends { readonly asyncDispose: infer Key }
  ? Key extends symbol
    ? { [key in Key]: () => Promise<void> }
    : {}
  : {};

// Without this line, everything declared above would be exported.
export {};
