import { runtimeError } from './errors.js';
import { isTensor } from './validate.js';
import { tensorValue } from './values.js';

/**
 * The feeds as the core takes them. Everything that is wrong with their types and shapes is said at once, before any
 * byte is copied.
 *
 * @param {{ name: string, index: number, optional: boolean, isTensor: boolean, type?: string,
 *   shape?: (number | string)[] }[]} inputs
 * @param {string[]} constants  inputs that the model lists and that cannot be fed
 * @returns {{ index: number, name: string, value: object }[]}
 */
export function collectFeeds(inputs, feeds, constants) {
  for (const name of Object.keys(feeds)) {
    if (inputs.some((input) => input.name === name)) continue;
    const option = 'the session option extra.session.overridable_initializers lets it be fed';
    const why = constants.includes(name) ? `: it is constant here, ${option}` : '';
    throw new Error(`invalid input '${name}'${why}`);
  }
  const collected = [];
  const wrong = [];
  for (const input of inputs) {
    const given = feeds[input.name];
    if (given === undefined && input.optional) continue;
    if (isTensor(given) && input.isTensor && !matches(input, given)) {
      wrong.push(`input '${input.name}' must be ${expected(input)}, got ${given.type} [${given.dims.join(', ')}]`);
      continue;
    }
    collected.push({ index: input.index, name: input.name, value: valueOf(given, input.name) });
  }
  if (wrong.length > 0) throw runtimeError(2, wrong.join('; '));
  return collected;
}

function valueOf(given, name) {
  if (given === null) throw new TypeError(`input '${name}' must be a tensor, got null`);
  if (Array.isArray(given)) return { kind: 'sequence', elements: given.map((element) => valueOf(element, name)) };
  if (given.location !== 'cpu' && given.location !== 'cpu-pinned') {
    throw new Error(`invalid data location: ${given.location} for input "${name}"`);
  }
  return tensorValue(given, name);
}

function matches({ type, shape }, tensor) {
  if (type && type !== tensor.type) return false;
  const { dims } = tensor;
  // A declared scalar takes rank 1 too: exporters often mean that.
  if (!shape || (shape.length === 0 && dims.length === 1)) return true;
  return shape.length === dims.length && shape.every((dim, i) => typeof dim === 'string' || dim === dims[i]);
}

const expected = ({ type, shape }) =>
  shape ? `${type} [${shape.map((dim) => (dim === '' ? '?' : dim)).join(', ')}]` : type;
