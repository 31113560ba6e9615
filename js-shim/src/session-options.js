// The options of `create` and `run`: checked in the reference's words, then flattened to pairs that cross into wasm.
import { severityLevel } from './env.js';

const levels = { disabled: 0, basic: 1, extended: 2, layout: 3, all: 99 };

/** The name of a level; in `extra` it may be its number. */
const readLevel = (text) => Object.keys(levels).find((name) => levels[name] === Number(text)) ?? text;

/** Options that `extra` may say as well, and how they are read there. */
const mirrors = {
  'extra.session.graph_optimization_level': ['graphOptimizationLevel', readLevel],
  'extra.session.intra_op_num_threads': ['intraOpNumThreads', Number],
  'extra.session.enable_profiling': ['enableProfiling', (text) => text === '1'],
};

/** The options with what only `extra` says of them. */
export function withMirrored(options) {
  const settled = { ...options };
  for (const [key, text] of options.extra === undefined ? [] : flatten(options.extra)) {
    const [name, read] = mirrors[key] ?? [];
    if (name) settled[name] ??= read(text);
  }
  return settled;
}

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
  if (capture && (options.logSeverityLevel ?? severityLevel()) === 0) {
    console.log('[apus] enableGraphCapture has no effect on wasm.');
  }
  checkLocations(options.preferredOutputLocation);
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
  const { optimizedModelFilePath } = options;
  if (typeof optimizedModelFilePath === 'string') pairs.push(['optimizedModelFilePath', optimizedModelFilePath]);
  if (options.enableProfiling) pairs.push(['enableProfiling', 1]);
  if (options.maxMemory !== undefined) {
    if (!(options.maxMemory > 0)) {
      throw new RangeError(`'maxMemory' must be a positive number of bytes: ${options.maxMemory}`);
    }
    pairs.push(['maxMemory', options.maxMemory]);
  }
  if (options.extra !== undefined) pairs.push(...flatten(options.extra));
  return pairs;
}

/** Whether a run may ask for a value that is no output. */
export const intermediatesOf = ({ intermediates }) => (name) =>
  Array.isArray(intermediates) ? intermediates.includes(name) : !!intermediates;

/** The options of one run. */
export function checkRunOptions(options) {
  checkLogLevel(options.logSeverityLevel, 4, 'severity');
  checkLogLevel(options.logVerbosityLevel, Infinity, 'verbosity');
  const { signal, yieldEveryMs, extra } = options;
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function') {
    throw new TypeError("'signal' must be an AbortSignal.");
  }
  if (yieldEveryMs !== undefined && !(yieldEveryMs >= 0)) {
    throw new RangeError(`'yieldEveryMs' must be a number of milliseconds: ${yieldEveryMs}`);
  }
  if (extra !== undefined) flatten(extra);
}

function checkLogLevel(level, most, kind) {
  // As in the reference null is as good as nothing.
  if (level === undefined || level === null) return;
  if (typeof level !== 'number' || !Number.isInteger(level) || level < 0 || level > most) {
    throw new Error(`log ${kind} level is not valid: ${level}`);
  }
}

/** Where outputs may be asked for: one place for all, or a place by name; names that the model lacks do no harm. */
function checkLocations(preferred) {
  const asked = typeof preferred === 'object' ? Object.values(preferred ?? {}) : [preferred];
  for (const location of asked) {
    if (location === undefined || location === 'cpu' || location === 'cpu-pinned') continue;
    throw new Error(`Not supported preferred output location: ${location}.`);
  }
}

/**
 * Nested objects become pairs of a dotted key and a text: true is '1'.
 * @returns {[string, string][]}
 */
function flatten(value, key = 'extra', above = []) {
  if (typeof value !== 'object' || value === null) throw new TypeError(`'${key}' must be an object, got: ${value}`);
  if (above.includes(value)) throw new Error('Circular reference in options');
  return Object.entries(value).flatMap(([name, leaf]) => {
    const path = `${key}.${name}`;
    if (typeof leaf === 'object') return flatten(leaf, path, [...above, value]);
    if (typeof leaf === 'boolean') return [[path, leaf ? '1' : '0']];
    if (typeof leaf === 'string' || typeof leaf === 'number') return [[path, String(leaf)]];
    throw new Error(`Can't handle extra config type: ${typeof leaf}`);
  });
}
