// What the blocks say: the requests that go in and the responses that come back, field by field as in wasm/ABI.md.

/**
 * A value on its way through the boundary. Bytes stay outside the block: it says where they are.
 *
 * @typedef {{ kind: 'none' }
 *   | { kind: 'tensor', type: number, dims: number[], address: number, byteCount: number }
 *   | { kind: 'strings', dims: number[], strings: string[] }
 *   | { kind: 'sequence', elements: Value[] }
 *   | { kind: 'map', elements: [keys: Value, values: Value] }} Value
 */
const kinds = ['none', 'tensor', 'strings', 'sequence', 'map'];

export function writeValue(block, { kind, type, dims, address, byteCount, strings, elements }) {
  block.u32(kinds.indexOf(kind));
  if (kind === 'tensor') {
    block.u32(type);
    block.dims(dims);
    block.f64(address);
    block.f64(byteCount);
  } else if (kind === 'strings') {
    block.dims(dims);
    block.list(strings, writeText);
  } else if (kind === 'sequence') {
    block.list(elements, writeValue);
  } else if (kind === 'map') {
    for (const column of elements) writeValue(block, column);
  }
}

/** @returns {Value} */
export function readValue(block) {
  const kind = kinds[block.u32()];
  if (kind === 'tensor') {
    return { kind, type: block.u32(), dims: block.dims(), address: block.f64(), byteCount: block.f64() };
  }
  if (kind === 'strings') return { kind, dims: block.dims(), strings: block.list(readText) };
  if (kind === 'sequence') return { kind, elements: block.list(readValue) };
  return kind === 'map' ? { kind, elements: [readValue(block), readValue(block)] } : { kind };
}

const writeText = (block, text) => block.string(text);
const readText = (block) => block.string();

/** An input or output by its place in the description, or by name where it has none there. */
function writeReference(block, { index, name }) {
  block.u32(index);
  if (index < 0) block.string(name);
}

/**
 * @param {{ byteCount: number, options: [string, number | string][] }} request
 */
export function writeCreateRequest(block, { byteCount, options }) {
  block.f64(byteCount);
  block.list(options, (block, [key, value]) => {
    block.string(key);
    const isText = typeof value === 'string';
    block.u32(isText ? 1 : 0);
    if (isText) block.string(value);
    else block.f64(value);
  });
}

/**
 * @param {{ feeds: { index: number, name: string, value: Value }[],
 *   fetches: { index: number, name: string }[], options: number }} request
 */
export function writeRunRequest(block, { feeds, fetches, options }) {
  block.u32(options);
  block.list(feeds, (block, feed) => {
    writeReference(block, feed);
    writeValue(block, feed.value);
  });
  block.list(fetches, writeReference);
}

/**
 * @typedef {object} ValueInfo
 * @property {string} name
 * @property {boolean} optional  whether the model has a default for it
 * @property {'tensor' | 'sequence' | 'map' | 'optional' | 'unknown'} kind
 * @property {number} type  the element type; 0 where unknown
 * @property {(number | string)[] | undefined} shape  sizes, symbols, '' for an unnamed dim; undefined: rank unknown
 */
const infoKinds = ['unknown', 'tensor', 'sequence', 'map', 'optional'];

/** @returns {ValueInfo} */
function readValueInfo(block) {
  const name = block.string();
  const optional = block.u32() !== 0;
  const kind = infoKinds[block.u32()] ?? 'unknown';
  const type = block.u32();
  const ranked = block.u32() !== 0;
  const shape = block.list((block) => {
    const size = block.i32();
    const symbol = block.string();
    return size >= 0 ? size : symbol;
  });
  return { name, optional, kind, type, shape: ranked ? shape : undefined };
}

/**
 * `constantNames` are inputs that stay so.
 * @returns {{ inputs: ValueInfo[], outputs: ValueInfo[], constantNames: string[] }}
 */
export function readDescription(block) {
  return {
    inputs: block.list(readValueInfo),
    outputs: block.list(readValueInfo),
    constantNames: block.list(readText),
  };
}

/** @returns {Value[]} the results in the order of the fetches */
export function readResults(block) {
  return block.list(readValue);
}

/**
 * What went wrong and, where it is known, at which node: its inputs have `shapes`.
 * @returns {{ code: number, message: string, node?: string, opType?: string, opset?: number, shapes?: number[][],
 *   hint?: string }}
 */
export function readError(block) {
  const code = block.i32();
  const message = block.string();
  const node = block.u32() !== 0 && {
    node: block.string(),
    opType: block.string(),
    opset: block.i32(),
    shapes: block.list((block) => block.dims()),
  };
  const hint = block.string();
  return { code, message, ...node, ...(hint && { hint }) };
}

export function readMemory(block) {
  return { weights: block.f64(), arena: block.f64(), peak: block.f64() };
}

/** @returns {{ name: string, opType: string, runs: number, milliseconds: number }[]} time per node over all runs */
export function readProfile(block) {
  return block.list((block) => ({
    name: block.string(),
    opType: block.string(),
    runs: block.u32(),
    milliseconds: block.f64(),
  }));
}
