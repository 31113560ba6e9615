import { env } from './env.js';
import { mapValue, tensorValue } from './values.js';
import { workerFile } from './worker-file.js';

/**
 * The feeds as the core takes them. It says what is wrong with names, types and shapes, of all feeds at once and before
 * any byte is copied.
 *
 * A tensor is fed for a tensor, an array for a sequence, a Map for a map, and null or a value for an optional.
 *
 * @param {Map<string, import('./messages.js').ValueInfo & { index: number }>} inputs  by name
 * @param {import('./pinned.js').PinnedTensors} [pinned]  of the session
 * @returns {{ index: number, name: string, value: object }[]}
 */
export function collectFeeds(inputs, feeds, pinned) {
  const collected = [];
  for (const name of Object.keys(feeds)) {
    if (!inputs.has(name)) collected.push({ index: -1, name, value: { kind: 'none' } });
  }
  for (const input of inputs.values()) {
    const { name, index, kind, hasDefault } = input;
    const given = feeds[name];
    if (given === undefined && hasDefault) continue;
    if (kind !== 'optional' && kind !== kindOf(given)) {
      throw new TypeError(`input '${name}' must be ${givenAs[kind]}, got ${givenAs[kindOf(given)]}`);
    }
    collected.push({ index, name, value: valueOf(given, input, pinned) });
    if (env.debug) workerFile?.checkTensor('input', name, given);
  }
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
