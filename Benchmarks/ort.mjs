/**
 * Opens sessions of a module with the `ort` surface, in Node and in pages. Answers `open(model, feeds)`, where the
 * model is what `create` takes and feeds are { type, dims, data } by name. What that opens has `run`, which answers its
 * milliseconds, `outputs` of the last run, and `release`.
 * @param {object} [settings]
 * @param {'relaxed'} [settings.simd]  as `env.wasm.simd`
 * @param {object} [settings.options]  of each session
 */
export function openOrt(ort, { threads = 1, simd, options = {} } = {}) {
  ort.env.wasm.numThreads = threads;
  if (simd) ort.env.wasm.simd = simd;
  return async (model, feeds) => {
    const session = await ort.InferenceSession.create(model, { intraOpNumThreads: threads, ...options });
    const tensors = Object.fromEntries(
      Object.entries(feeds).map(([name, { type, dims, data }]) => [name, new ort.Tensor(type, data, dims)]));
    let outputs;
    const run = async () => {
      const start = performance.now();
      outputs = await session.run(tensors);
      return performance.now() - start;
    };
    return { run, outputs: () => outputs, release: () => session.release() };
  };
}

/** The same through a driver, a module that has openOrtWeb({ dir, numThreads }) where the surface is not at hand. */
export async function openDriver({ openOrtWeb }, dir, threads) {
  const driver = await openOrtWeb({ dir, numThreads: threads });
  return async (model, feeds) => {
    const session = await driver.create(model);
    return { run: async () => (await driver.run(session, feeds)).ms, release: () => driver.release(session) };
  };
}
