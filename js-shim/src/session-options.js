// The options of `create` and `run`: checked in the reference's words, then flattened to pairs that cross into wasm.
const levels = { disabled: 0, basic: 1, extended: 2, layout: 3, all: 99 };

/**
 * The options as pairs of a dotted key and a number or text. The caller's object stays as it is.
 * @returns {[string, number | string][]}
 */
export function checkSessionOptions(options) {
  const pairs = [];
  const level = options.graphOptimizationLevel ?? 'all';
  if (!Object.hasOwn(levels, level)) throw new Error(`unsupported graph optimization level: ${level}`);
  pairs.push(['graphOptimizationLevel', levels[level]]);
  const mode = options.executionMode ?? 'sequential';
  if (mode !== 'sequential' && mode !== 'parallel') throw new Error(`unsupported execution mode: ${mode}`);
  checkLogLevel(options.logSeverityLevel, 4, 'severity');
  checkLogLevel(options.logVerbosityLevel, 4, 'verbosity');
  const capture = options.enableGraphCapture;
  if (capture !== undefined && typeof capture !== 'boolean') {
    throw new Error(`enableGraphCapture must be a boolean value: ${capture}`);
  }
  for (const [dim, size] of Object.entries(options.freeDimensionOverrides ?? {})) {
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 0) {
      throw new Error(`free dimension override value must be a non-negative integer: ${size}`);
    }
    pairs.push([`freeDimensionOverrides.${dim}`, size]);
  }
  const { intermediates } = options;
  if (Array.isArray(intermediates)) {
    for (const name of intermediates) pairs.push(['intermediates', String(name)]);
  } else if (intermediates) {
    pairs.push(['intermediates', 1]);
  }
  if (options.enableProfiling) pairs.push(['enableProfiling', 1]);
  if (options.maxMemory !== undefined) {
    if (!(options.maxMemory > 0)) {
      throw new RangeError(`'maxMemory' must be a positive number of bytes: ${options.maxMemory}`);
    }
    pairs.push(['maxMemory', options.maxMemory]);
  }
  if (options.extra !== undefined) flatten(options.extra, 'extra', new Set(), pairs);
  return pairs;
}

/** The options of one run. */
export function checkRunOptions(options) {
  checkLogLevel(options.logSeverityLevel, 4, 'severity');
  checkLogLevel(options.logVerbosityLevel, Infinity, 'verbosity');
  if (options.extra !== undefined) flatten(options.extra, 'extra', new Set(), []);
}

function checkLogLevel(level, most, kind) {
  if (level === undefined) return;
  if (typeof level !== 'number' || !Number.isInteger(level) || level < 0 || level > most) {
    throw new Error(`log ${kind} level is not valid: ${level}`);
  }
}

/** Nested objects become dotted keys, and leaves text: true is '1'. */
function flatten(value, key, above, pairs) {
  if (typeof value !== 'object' || value === null) throw new TypeError(`'${key}' must be an object, got: ${value}`);
  if (above.has(value)) throw new Error('Circular reference in options');
  above.add(value);
  for (const [name, leaf] of Object.entries(value)) {
    const path = `${key}.${name}`;
    if (typeof leaf === 'object') flatten(leaf, path, above, pairs);
    else if (typeof leaf === 'boolean') pairs.push([path, leaf ? '1' : '0']);
    else if (typeof leaf === 'string' || typeof leaf === 'number') pairs.push([path, String(leaf)]);
    else throw new Error(`Can't handle extra config type: ${typeof leaf}`);
  }
  above.delete(value);
}
