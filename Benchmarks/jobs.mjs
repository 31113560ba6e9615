// What a JavaScript host does for the benchmark, in Node and in pages alike. A job is done in a process of its own.
// `load(side)` answers a promise of that side's `open(model, feeds)`, see ort.mjs. Sides are `ours`, `peer`, and `one`,
// which is ours with one thread beside ours with several.
import { model as modelOf, node, value } from '../js-shim/test/support/onnx.js';
import { median } from './statistics.mjs';

/** A model of one node, for which the wasm is compiled. */
const tiny = modelOf({
  nodes: [node('Add', ['a', 'a'], ['b'])],
  inputs: [value('a', 'float32', [1])],
  outputs: [value('b', 'float32', [1])],
});
const tinyFeeds = { a: { type: 'float32', dims: [1], data: Float32Array.of(1) } };

/**
 * Sides take turns after a warm-up of all, for the engine's optimising compiler takes its time, and the machine drifts.
 * A turn is the runs of some seconds, at least three; it counts by its median.
 * @returns {Promise<object>} { median, least } by side, in milliseconds a run; `ratio`, the median over the pairs of
 *   the peer's turn / ours; `faster`, the same of one thread's turn / ours; and `wasmBytes` of the file that ours took
 */
export async function turns(load, { model, feeds, sides, pairs, seconds }) {
  const share = 1000 * seconds;
  const opened = {};
  const answer = {};
  for (const side of sides) {
    try {
      const { result, bytes } = await compiling(async () => (await load(side))(model, feeds));
      if (side !== 'peer') answer.wasmBytes ??= bytes;
      opened[side] = result;
      const from = performance.now();
      for (let count = 0; count < 4 || performance.now() - from < 2 * share; count++) await result.run();
    } catch (error) {
      if (side !== 'peer') throw error;
      answer.peerError = String(error?.message ?? error);
      delete opened.peer;
    }
  }
  const rows = [];
  for (let pair = 0; pair < pairs; pair++) {
    const row = {};
    const order = Object.keys(opened);
    for (const side of pair % 2 ? order.reverse() : order) row[side] = await turn(opened[side], share);
    rows.push(row);
  }
  for (const side of Object.keys(opened)) {
    answer[side] = {
      median: median(rows.map((row) => row[side].median)),
      least: Math.min(...rows.map((row) => row[side].least)),
    };
  }
  const against = (side) => median(rows.map((row) => row[side].median / row.ours.median));
  if (opened.peer) answer.ratio = against('peer');
  if (opened.one) answer.faster = against('one');
  return answer;
}

async function turn({ run }, share) {
  const times = [];
  for (const from = performance.now(); times.length < 3 || performance.now() - from < share;) times.push(await run());
  return { median: median(times), least: Math.min(...times) };
}

/** Milliseconds of create, from bytes in memory and with the module compiled, and of the first of three runs. */
export async function fresh(load, { model, feeds, sides: [side] }) {
  const open = await load(side);
  const warm = await open(tiny, tinyFeeds);
  await warm.run();
  await warm.release();
  const begun = performance.now();
  const session = await open(model, feeds);
  const create = performance.now() - begun;
  const first = await session.run();
  for (let i = 0; i < 2; i++) await session.run();
  return { create, first };
}

/** Milliseconds from the import of the runtime to the end of the first run: compile, create, run. */
export async function cold(load, { model, feeds, sides: [side] }) {
  const begun = performance.now();
  const session = await (await load(side))(model, feeds);
  await session.run();
  return { cold: performance.now() - begun };
}

/** For the memory of a process that does nothing. */
export const empty = async () => ({});

/** What `act` answers, and how long the first wasm file is that it had compiled. */
async function compiling(act) {
  const { compile, compileStreaming } = WebAssembly;
  const seen = [];
  WebAssembly.compile = (bytes) => {
    seen.push(bytes.byteLength);
    return compile(bytes);
  };
  WebAssembly.compileStreaming = async (source) => {
    seen.push(Number((await source).headers.get('content-length')));
    return compileStreaming(source);
  };
  try {
    return { result: await act(), bytes: seen[0] };
  } finally {
    Object.assign(WebAssembly, { compile, compileStreaming });
  }
}
