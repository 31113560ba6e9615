// The options of `create` and `run`, flattened to pairs that cross into wasm: the core checks them, in the reference's
// words.
import { severityLevel } from './env.js';
import { remarks } from './errors.js';
import { isObject } from './validate.js';

/** What the core knows of. It holds the first against what `extra` says of the same, which comes last. */
const ofRun = ['logSeverityLevel', 'logVerbosityLevel', 'extra'];
const ofSession = [
  'graphOptimizationLevel',
  'executionMode',
  'enableGraphCapture',
  'preferredOutputLocation',
  'freeDimensionOverrides',
  'intermediates',
  'optimizedModelFilePath',
  'enableProfiling',
  'maxMemory',
  ...ofRun,
];

/**
 * The options of a session as pairs of a dotted key and whatever stands there. The caller's object stays as it is.
 * @returns {[string, unknown][]}
 */
export function sessionOptions(options) {
  if (options.enableGraphCapture === true && (options.logSeverityLevel ?? severityLevel()) === 0) {
    remarks.push(['enableGraphCapture']);
  }
  return flatten(options, ofSession);
}

/** The same of one run, which seldom has any. */
export function runOptions(options) {
  const { logSeverityLevel, logVerbosityLevel, extra } = options;
  return (logSeverityLevel ?? logVerbosityLevel ?? extra) === undefined ? [] : flatten(options, ofRun);
}

/** The threads that a session asks for, by its option or in `extra`. */
export const threadsAskedFor = ({ intraOpNumThreads, extra }) =>
  intraOpNumThreads ??
  Number(flatten({ extra }, ['extra']).find(([key]) => key === 'extra.session.intra_op_num_threads')?.[1]);

/** Whether a run may ask for a value that is no output. */
export const intermediatesOf = ({ intermediates }) => (name) =>
  Array.isArray(intermediates) ? intermediates.includes(name) : !!intermediates;

function flatten(options, names) {
  const pairs = [];
  for (const name of names) if (options[name] !== undefined) add(pairs, name, options[name], []);
  return pairs;
}

/** Objects within objects are taken apart in `extra` alone. */
function add(pairs, key, value, above) {
  if (above.includes(value)) throw new Error('Circular reference in options');
  if (!isObject(value) || (above.length > 0 && !key.startsWith('extra.'))) pairs.push([key, value]);
  else for (const name of Object.keys(value)) add(pairs, `${key}.${name}`, value[name], [...above, value]);
}
