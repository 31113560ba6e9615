// The models that the pages run, and what the same wasm file answers for them in Node.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readInputs } from '../../../tools/modelfolder.mjs';
import { initializer, model, node, value } from '../support/onnx.js';
import './support/answer.js';

/**
 * @typedef {object} Case
 * @property {Uint8Array} bytes  of the model
 * @property {Uint8Array} [weights]  of the file NAME.weights beside it
 * @property {Record<string, { type: string, dims: number[], data: unknown[] }>} feeds
 * @property {object} outputs  as `plainOf` has them
 */

/** Three inputs, three outputs: arithmetic, 64-bit integers, and text that is not ASCII. */
const small = {
  bytes: model({
    nodes: [
      node('MatMul', ['x', 'w'], ['product']),
      node('Softmax', ['product'], ['y']),
      node('Add', ['n', 'n'], ['m']),
      node('Identity', ['s'], ['t']),
    ],
    inputs: [value('x', 'float32', ['batch', 4]), value('n', 'int64', ['count']), value('s', 'string', ['count'])],
    outputs: [value('y', 'float32', ['batch', 3]), value('m', 'int64', ['count']), value('t', 'string', ['count'])],
    initializers: [initializer('w', 'float32', [4, 3], Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)))],
  }),
  feeds: {
    x: { type: 'float32', dims: [2, 4], data: [0.5, -1, 2, 0.25, 3, -0.125, 1, -2] },
    n: { type: 'int64', dims: [2], data: ['9007199254740993', '-7'] },
    s: { type: 'string', dims: [2], data: ['größer', '語 🙂'] },
  },
};

/** What an audio worklet does to a block of samples: exact in binary. */
const halve = {
  bytes: model({
    nodes: [node('Mul', ['x', 'half'], ['y'])],
    inputs: [value('x', 'float32', [128])],
    outputs: [value('y', 'float32', [128])],
    initializers: [initializer('half', 'float32', [1], Float32Array.of(0.5))],
  }),
  feeds: { x: { type: 'float32', dims: [128], data: Array.from({ length: 128 }, (_, i) => i / 64 - 1) } },
};

/** Its weight is in a file of its own. */
const external = {
  bytes: model({
    nodes: [node('Add', ['x', 'w'], ['y'])],
    inputs: [value('x', 'float32', [4])],
    outputs: [value('y', 'float32', [4])],
    initializers: [initializer('w', 'float32', [4], undefined, 'external.weights')],
  }),
  weights: new Uint8Array(Float32Array.of(1, 10, 100, 1000).buffer),
  feeds: { x: { type: 'float32', dims: [4], data: [1, 2, 3, 4] } },
};

/** A model of a folder as tools/modelfolder.py writes them. */
function fromFolder(folder, name) {
  const inputs = readInputs(path.join(folder, `${name}.io`));
  const feeds = Object.entries(inputs).map(([input, { type, dims, data }]) => {
    const items = Array.from(data, (item) => (typeof item === 'bigint' ? String(item) : item));
    return [input, { type, dims, data: items }];
  });
  return { bytes: readFileSync(path.join(folder, `${name}.onnx`)), feeds: Object.fromEntries(feeds) };
}

/** Models that are only timed: what they answer is held against themselves. */
export const measuredCases = (folder) =>
  Object.fromEntries(['resnet50', 'minilm'].map((name) => [name, fromFolder(folder, name)]));

/**
 * @param {object} ort  the bundle for Node
 * @param {string} folder  where the light models are
 * @returns {Promise<Record<string, Case>>}
 */
export async function makeCases(ort, folder) {
  const cases = { small, halve, external, squeezenet: fromFolder(folder, 'light_squeezenet_noise') };
  for (const [name, each] of Object.entries(cases)) {
    const options = each.weights && { externalData: [{ path: `${name}.weights`, data: each.weights }] };
    each.outputs = await answer(ort, [each.bytes, options], each.feeds);
  }
  return cases;
}
