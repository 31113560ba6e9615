// The options of `create` and `run`: checked in the reference's words, then flattened to pairs that cross into wasm.
import { severityLevel } from './env.js';
import { checkTurns } from './turns.js';
import { isObject } from './validate.js';

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
  for (const [key, text] of flatten(options.extra)) {
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
  const { enableGraphCapture, freeDimensionOverrides, intermediates } = options;
  const { optimizedModelFilePath, maxMemory, extra } = options;
  const level = options.graphOptimizationLevel ?? 'all';
  const mode = options.executionMode ?? 'sequential';
  if (!Object.hasOwn(levels, level)) throw new Error(`unsupported graph optimization level: ${level}`);
  if (!['sequential', 'parallel'].includes(mode)) throw new Error(`unsupported execution mode: ${mode}`);
  checkLogLevels(options, 4);
  if (![undefined, true, false].includes(enableGraphCapture)) {
    throw new Error(`enableGraphCapture must be a boolean value: ${enableGraphCapture}`);
  }
  if (enableGraphCapture && (options.logSeverityLevel ?? severityLevel()) === 0) {
    console.log('[apus] enableGraphCapture has no effect on wasm.');
  }
  checkLocations(options.preferredOutputLocation);
  const pairs = [['graphOptimizationLevel', levels[level]]];
  for (const [dim, size] of Object.entries(freeDimensionOverrides ?? {})) {
    if (!Number.isInteger(size) || size < 0) {
      throw new Error(`free dimension override value must be a non-negative integer: ${size}`);
    }
    pairs.push([`freeDimensionOverrides.${dim}`, size]);
  }
  const names = Array.isArray(intermediates) ? intermediates.map(String) : intermediates ? [1] : [];
  for (const name of names) pairs.push(['intermediates', name]);
  if (typeof optimizedModelFilePath === 'string') pairs.push(['optimizedModelFilePath', optimizedModelFilePath]);
  if (options.enableProfiling) pairs.push(['enableProfiling', 1]);
  if (maxMemory !== undefined) {
    if (!(maxMemory > 0)) throw new RangeError(`'maxMemory' must be a positive number of bytes: ${maxMemory}`);
    pairs.push(['maxMemory', maxMemory]);
  }
  return [...pairs, ...flatten(extra)];
}

/** Whether a run may ask for a value that is no output. */
export const intermediatesOf = ({ intermediates }) => (name) =>
  Array.isArray(intermediates) ? intermediates.includes(name) : !!intermediates;

/** The options of one run. */
export function checkRunOptions(options) {
  checkLogLevels(options, Infinity);
  checkTurns(options);
  if (options.extra !== undefined) flatten(options.extra);
}

function checkLogLevels({ logSeverityLevel, logVerbosityLevel }, mostVerbose) {
  checkLogLevel(logSeverityLevel, 4, 'severity');
  checkLogLevel(logVerbosityLevel, mostVerbose, 'verbosity');
}

/** As in the reference null is as good as nothing. */
function checkLogLevel(level, most, kind) {
  const number = level ?? 0;
  const isValid = Number.isInteger(number) && number >= 0 && number <= most;
  if (!isValid) throw new Error(`log ${kind} level is not valid: ${level}`);
}

/** Where outputs may be asked for: one place for all, or a place by name; names that the model lacks do no harm. */
function checkLocations(preferred) {
  const asked = typeof preferred === 'object' ? Object.values(preferred ?? {}) : [preferred];
  const other = asked.find((location) => ![undefined, 'cpu', 'cpu-pinned'].includes(location));
  if (other !== undefined) throw new Error(`Not supported preferred output location: ${other}.`);
}

/**
 * Nested objects become pairs of a dotted key and a text: true is '1'.
 * @returns {[string, string][]}
 */
function flatten(value = {}, key = 'extra', above = []) {
  if (!isObject(value)) throw new TypeError(`'${key}' must be an object, got: ${value}`);
  if (above.includes(value)) throw new Error('Circular reference in options');
  return Object.entries(value).flatMap(([name, leaf]) => {
    const path = `${key}.${name}`;
    if (typeof leaf === 'object') return flatten(leaf, path, [...above, value]);
    if (!['boolean', 'string', 'number'].includes(typeof leaf)) {
      throw new Error(`Can't handle extra config type: ${typeof leaf}`);
    }
    return [[path, typeof leaf === 'boolean' ? String(Number(leaf)) : String(leaf)]];
  });
}
