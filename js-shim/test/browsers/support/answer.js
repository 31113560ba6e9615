// What every host does with a model: create, run, release. A plain script that also serves as a module, so that pages,
// workers of either kind, service workers, worklets and Node take the very same one.

/** Tensors of `{ type, data, dims }` by name; `data` as JSON has it, big integers as text. */
globalThis.tensorsOf = (ort, feeds) =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, { type, data, dims }]) => [
      name,
      new ort.Tensor(type, type.includes('int64') ? data.map(BigInt) : data, dims),
    ]),
  );

/** Results as JSON can hold them without loss: numbers as the shortest text that means them. */
globalThis.plainOf = (results) =>
  Object.fromEntries(
    Object.entries(results).map(([name, { type, data, dims }]) => [
      name,
      { type, dims: [...dims], data: Array.from(data, (item) => (Object.is(item, -0) ? '-0' : String(item))) },
    ]),
  );

/** @returns what `plainOf` makes of one run of a session made of `model`, the arguments of `create` */
globalThis.answer = async (ort, model, feeds) => {
  const session = await ort.InferenceSession.create(...[model].flat());
  try {
    return plainOf(await session.run(tensorsOf(ort, feeds)));
  } finally {
    await session.release();
  }
};
