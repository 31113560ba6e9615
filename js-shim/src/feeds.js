import { env } from './env.js';
import { runtimeError } from './errors.js';
import { isTensor } from './validate.js';
import { mapValue, tensorValue } from './values.js';
import { workerFileNow } from './worker-file.js';

/**
 * The feeds as the core takes them. Everything that is wrong with their types and shapes is said at once, before any
 * byte is copied.
 *
 * A tensor is fed for a tensor, an array for a sequence, a Map for a map, and null or a value for an optional.
 *
 * @param {{ name: string, index: number, optional: boolean, kind: string, isTensor: boolean, type?: string,
 *   shape?: (number | string)[] }[]} inputs
 * @param {string[]} constants  inputs that the model lists and that cannot be fed
 * @param {import('./pinned.js').PinnedTensors} pinned  of the session
 * @returns {{ index: number, name: string, value: object }[]}
 */
export function collectFeeds(inputs, feeds, constants, pinned) {
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
    checkKind(input, given);
    collected.push({ index: input.index, name: input.name, value: valueOf(given, input.name, pinned) });
    if (env.debug && isTensor(given)) workerFileNow()?.checkTensor(`input '${input.name}'`, given);
  }
  if (wrong.length > 0) throw runtimeError(2, wrong.join('; '));
  return collected;
}

/** What a caller gives for each kind of value, in words. */
const givenAs = { tensor: 'a tensor', sequence: 'an array', map: 'a Map', none: 'null' };

const kindOf = (given) =>
  given === null ? 'none' : Array.isArray(given) ? 'sequence' : given instanceof Map ? 'map' : 'tensor';

function checkKind({ name, kind }, given) {
  const givenKind = kindOf(given);
  if (kind === 'optional' || kind === 'unknown' || kind === givenKind) return;
  throw new TypeError(`input '${name}' must be ${givenAs[kind]}, got ${givenAs[givenKind]}`);
}

function valueOf(given, name, pinned) {
  switch (kindOf(given)) {
    case 'none':
      return { kind: 'none' };
    case 'sequence':
      return { kind: 'sequence', elements: given.map((element) => valueOf(element, name, pinned)) };
    case 'map':
      return mapValue(given, name);
  }
  if (given.location !== 'cpu' && given.location !== 'cpu-pinned') {
    throw new Error(`invalid data location: ${given.location} for input "${name}"`);
  }
  return pinned.valueOf(given) ?? tensorValue(given, name);
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
