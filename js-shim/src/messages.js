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
 * Options as pairs of a dotted key and whatever stands there: the core says what is wrong with it. They are all of the
 * request that begins to load.
 * @param {[string, unknown][]} options
 */
export function writeOptions(block, options) {
  block.list(options, (block, [key, value]) => {
    const text = String(value);
    block.string(key);
    block.string(typeof value);
    block.f64(Number(text));
    block.string(text);
  });
}

/**
 * @param {{ feeds: { index: number, name: string, value: Value }[],
 *   fetches: { index: number, name: string }[], options: [string, unknown][] }} request
 */
export function writeRunRequest(block, { feeds, fetches, options }) {
  writeOptions(block, options);
  block.list(feeds, (block, feed) => {
    writeReference(block, feed);
    writeValue(block, feed.value);
  });
  block.list(fetches, writeReference);
}

/** @returns {Value[]} the results in the order of the fetches */
export function readResults(block) {
  return block.list(readValue);
}

/**
 * Any other response: a description of the model, an error, what memory is in use, a profile.
 *
 * @typedef {object} ValueInfo  an input or output
 * @property {string} name
 * @property {boolean} hasDefault  whether it may be left out
 * @property {'tensor' | 'sequence' | 'map' | 'optional'} kind
 * @property {string} type  of the elements; '' where unknown
 * @property {object} metadata  what programs are told of it
 */
export const readJSON = (block) => JSON.parse(block.string());
