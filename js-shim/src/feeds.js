import { env } from './env.js';
import { mapValue, tensorValue } from './values.js';
import { workerFile } from './worker-file.js';

/**
 * The feeds as the core takes them. It says what is wrong with names, kinds, types and shapes, of all feeds at once.
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
    const { name, index, hasDefault } = input;
    const given = feeds[name];
    if (given === undefined && hasDefault) continue;
    collected.push({ index, name, value: valueOf(given, input, pinned) });
    if (env.debug) workerFile?.checkTensor('input', name, given);
  }
  return collected;
}

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
