// Who runs models, by the names that `executionProviders` uses.
import { registered } from './env.js';
import { messageOf } from './errors.js';

/**
 * @typedef {object} Backend
 * @property {(name: string) => Promise<void>} init  made ready, once a name
 * @property {(model: string | Uint8Array, options: object) => Promise<object>} createInferenceSessionHandler
 */

/**
 * What this copy of the library brings; what programs registered is in `registered`, for all copies.
 * @type {Map<string, { backend: Backend, priority: number, ready?: Promise<void> }>}
 */
const own = new Map();

/** The backend of that name: of two, the one of higher priority, and of equals what a program registered. */
function find(name) {
  const [ours, theirs] = [own.get(name), registered.get(name)];
  return theirs && !(ours?.priority > theirs.priority) ? theirs : ours;
}

/** The names tried where none are asked for: by priority and, of equals, the later one first. */
const defaults = () =>
  [...new Set([...own.keys(), ...registered.keys()])]
    .filter((name) => find(name).priority >= 0)
    .reverse()
    .sort((a, b) => find(b).priority - find(a).priority);

/** Offers a backend of this library's own. */
export function offerBackend(name, backend, priority) {
  own.set(name, { backend, priority });
}

/**
 * Offers a backend under a name. Among the defaults a higher priority comes first and, of equals, the later one; a
 * negative priority keeps the name out of the defaults.
 */
export function registerBackend(name, backend, priority) {
  if (typeof backend?.init !== 'function' || typeof backend.createInferenceSessionHandler !== 'function') {
    throw new TypeError('not a valid backend');
  }
  const known = find(name);
  if (known?.priority > priority) return;
  if (known?.priority === priority) {
    if (known.backend === backend) return;
    throw new Error(`cannot register backend "${name}" using priority ${priority}`);
  }
  registered.delete(name);
  registered.set(name, { backend, priority });
}

/** Makes the backend of that name ready; a failure is told and may be tried again. */
async function ready(name) {
  const entry = find(name);
  if (!entry) throw new Error('backend not found.');
  try {
    await (entry.ready ??= entry.backend.init(name));
    return entry.backend;
  } catch (error) {
    entry.ready = undefined;
    throw error;
  }
}

/**
 * What is asked for in `executionProviders`, else the defaults, each behind its name.
 * @returns {[string, string | object][]}
 */
function providersIn({ executionProviders: asked = [] }) {
  const nameOf = (provider) => provider?.name ?? provider;
  if (!Array.isArray(asked) || asked.some((provider) => typeof nameOf(provider) !== 'string')) {
    throw new TypeError("'executionProviders' must be an array of names or of objects with a name.");
  }
  return (asked.length > 0 ? asked : defaults()).map((provider) => [nameOf(provider), provider]);
}

/** The first backend for these options that can work without waiting. */
export function resolveBackendNow(options) {
  const names = providersIn(options).map(([name]) => name);
  const found = names.map(find).find((entry) => entry?.backend.createInferenceSessionHandlerSync);
  if (!found) throw new Error(`no backend works without waiting among: ${names.join(', ')}`);
  return found.backend;
}

/**
 * The backend for these options, and the options with only those providers that it serves.
 *
 * All names are made ready; the first that succeeds wins, and of the others only those stay that mean the same backend.
 * @returns {Promise<{ backend: Backend, options: object }>}
 */
export async function resolveBackend(options) {
  const errors = new Map();
  const kept = [];
  let backend;
  for (const [name, provider] of providersIn(options)) {
    try {
      const found = await ready(name);
      backend ??= found;
      if (backend === found) kept.push(provider);
    } catch (error) {
      errors.set(name, error);
    }
  }
  if (!backend) {
    const why = Array.from(errors, ([name, error]) => `[${name}] ${messageOf(error)}`).join(', ');
    throw new Error(`no available backend found. ERR: ${why}`, { cause: [...errors.values()][0] });
  }
  for (const [name, error] of options.executionProviders?.length > 0 ? errors : []) {
    const why = messageOf(error);
    console.warn(
      `removing requested execution provider "${name}" from session options because it is not available: ${why}`,
    );
  }
  return { backend, options: { ...options, executionProviders: kept } };
}
