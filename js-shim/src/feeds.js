import { env } from './env.js';
import { runtimeError } from './errors.js';
import { typeOfCode } from './tensor-types.js';
import { isTensor } from './validate.js';
import { checkForDebugging, mapValue, tensorValue } from './values.js';

/**
 * The feeds as the core takes them. Everything that is wrong with their types and shapes is said at once, before any
 * byte is copied.
 *
 * A tensor is fed for a tensor, an array for a sequence, a Map for a map, and null or a value for an optional.
 *
 * @param {import('./messages.js').ValueInfo[]} inputs
 * @param {string[]} constantNames  inputs that the model lists and that cannot be fed
 * @param {import('./pinned.js').PinnedTensors} [pinned]  of the session
 * @returns {{ index: number, name: string, value: object }[]}
 */
export function collectFeeds(inputs, feeds, constantNames, pinned) {
  for (const name of Object.keys(feeds)) {
    if (inputs.some((input) => input.name === name)) continue;
    const option = 'the session option extra.session.overridable_initializers lets it be fed';
    const why = constantNames.includes(name) ? `: it is constant here, ${option}` : '';
    throw new Error(`invalid input '${name}'${why}`);
  }
  const collected = [];
  const wrong = [];
  inputs.forEach((input, index) => {
    const { name, kind } = input;
    const given = feeds[name];
    if (given === undefined && input.optional) return;
    const givenKind = kindOf(given);
    if (kind === 'tensor' && isTensor(given)) {
      const { type, dims } = given;
      const expected = typeOfCode(input.type)?.name ?? type;
      if (type !== expected || !fits(input.shape, dims)) {
        wrong.push(`input '${name}' must be ${expected}${textOf(input.shape)}, got ${type}${textOf(dims)}`);
        return;
      }
    } else if (kind !== 'optional' && kind !== 'unknown' && kind !== givenKind) {
      throw new TypeError(`input '${name}' must be ${givenAs[kind]}, got ${givenAs[givenKind]}`);
    }
    collected.push({ index, name, value: valueOf(given, input, pinned) });
    if (env.debug) checkForDebugging('input', name, given);
  });
  if (wrong.length > 0) throw runtimeError(2, wrong.join('; '));
  return collected;
}

/** What a caller gives for each kind of value, in words. */
const givenAs = { tensor: 'a tensor', sequence: 'an array', map: 'a Map', none: 'null' };

const kindOf = (given) =>
  given === null ? 'none' : Array.isArray(given) ? 'sequence' : given instanceof Map ? 'map' : 'tensor';

function valueOf(given, input, pinned) {
  const { name } = input;
  const kind = kindOf(given);
  if (kind === 'none') return { kind };
  if (kind === 'sequence') return { kind, elements: given.map((element) => valueOf(element, input, pinned)) };
  if (kind === 'map') return mapValue(given, input);
  if (!given.location?.startsWith('cpu')) {
    throw new Error(`invalid data location: ${given.location} for input "${name}"`);
  }
  return pinned?.valueOf(given) ?? tensorValue(given, name);
}

/** A declared scalar takes rank 1 too: exporters often mean that. */
const fits = (shape, dims) =>
  !shape ||
  (shape.length === 0 && dims.length === 1) ||
  (shape.length === dims.length && shape.every((dim, i) => typeof dim === 'string' || dim === dims[i]));

const textOf = (shape) => (shape ? ` [${shape.map((dim) => (dim === '' ? '?' : dim)).join(', ')}]` : '');
