// What is said of settings that could not be kept to, or do nothing here. In the worker file.

/** How each is told. */
const tell = {
  enableGraphCapture: () => console.log('[apus] enableGraphCapture has no effect on wasm.'),

  'env.wasm.simd': (value) =>
    console.warn(
      `Property "env.wasm.simd" is set to unknown value "${value}". ` +
        'Reset it to `false` and ignore SIMD feature checking.',
    ),

  /** More threads were asked for than there can be. */
  'env.wasm.numThreads'(wanted, isIsolated, hasThreads) {
    if (!isIsolated) {
      console.warn(
        `env.wasm.numThreads is set to ${wanted}, but this will not work unless you enable crossOriginIsolated mode. ` +
          'See https://web.dev/cross-origin-isolation-guide/ for more info.',
      );
    }
    console.warn(
      hasThreads
        ? 'env.wasm.wasmModule runs on one thread, env.wasm.wasmBinary on more.'
        : 'WebAssembly multi-threading is not supported in the current environment. Falling back to single-threading.',
    );
  },
};

/** @param {[setting: string, ...facts: unknown[]][]} remarks */
export function tellRemarks(remarks) {
  for (const [setting, ...facts] of remarks) tell[setting](...facts);
}
