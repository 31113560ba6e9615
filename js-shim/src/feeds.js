import { env } from './env.js';
import { runtimeError } from './errors.js';
import { typeOfCode } from './tensor-types.js';
import { isTensor } from './validate.js';
import { checkForDebugging, mapValue, tensorValue, textOf } from './values.js';

/**
 * The feeds as the core takes them. Everything that is wrong with their types and shapes is said at once, before any
 * byte is copied.
 *
 * A tensor is fed for a tensor, an array for a sequence, a Map for a map, and null or a value for an optional.
 *
 * @param {Map<string, import('./messages.js').ValueInfo & { index: number }>} inputs  by name
 * @param {string[]} constantNames  inputs that the model lists and that cannot be fed
 * @param {import('./pinned.js').PinnedTensors} [pinned]  of the session
 * @returns {{ index: number, name: string, value: object }[]}
 */
export function collectFeeds(inputs, feeds, constantNames, pinned) {
  for (const name of Object.keys(feeds)) {
    if (inputs.has(name)) continue;
    const option = 'the session option extra.session.overridable_initializers lets it be fed';
    const why = constantNames.includes(name) ? `: it is constant here, ${option}` : '';
    throw new Error(`invalid input '${name}'${why}`);
  }
  const collected = [];
  const wrong = [];
  for (const input of inputs.values()) {
    const { name, index, kind, type, shape, optional } = input;
    const given = feeds[name];
    if (given === undefined && optional) continue;
    if (kind === 'tensor' && isTensor(given)) {
      const expected = typeOfCode(type)?.name ?? given.type;
      if (given.type !== expected || !fits(shape, given.dims)) {
        wrong.push(`input '${name}' must be ${expected}${textOf(shape)}, got ${given.type}${textOf(given.dims)}`);
        continue;
      }
    } else if (!['optional', 'unknown', kindOf(given)].includes(kind)) {
      throw new TypeError(`input '${name}' must be ${givenAs[kind]}, got ${givenAs[kindOf(given)]}`);
    }
    collected.push({ index, name, value: valueOf(given, input, pinned) });
    if (env.debug) checkForDebugging('input', name, given);
  }
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
