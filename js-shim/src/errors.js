/** The reference's numbers for what can go wrong, and our names for them. */
const names = (
  'Error,Fail,InvalidArgument,NoSuchFile,,,RuntimeException,InvalidProtobuf,,NotImplemented,InvalidGraph,,' +
  'OutOfMemory,Cancelled'
).split(',');

/** What an error says; anything may be thrown. */
export const messageOf = (error) => error?.message ?? error;

/**
 * An error of the engine: `[ERROR_CODE: 7] sentence`, with the facts as fields.
 *
 * @param {number} code  the reference's number, also in the text
 * @param {string} sentence
 * @param {{ node?: string, opType?: string, opset?: number, shapes?: number[][], hint?: string, cause?: unknown }}
 *   [facts] where in the graph it happened, and the shapes of that node's inputs
 */
export function runtimeError(code, sentence, { cause, ...facts } = {}) {
  const error = new Error(`[ERROR_CODE: ${code}] ${sentence}`, cause && { cause });
  Object.assign(error, { code }, facts);
  // Not enumerable, like the name of every error.
  Object.defineProperty(error, 'name', { value: names[code] || names[0], configurable: true, writable: true });
  return error;
}

/** From 100 on a number of the core means one of these, and is no fact. */
const kinds = [Error, TypeError, RangeError];

/**
 * The error that the core answers; what the host could not do for it is the cause.
 * @param {{ code: number, message: string }} answer  with the facts
 */
export function coreError({ code, message, ...facts }, cause) {
  const Kind = kinds[code - 100];
  if (Kind) return new Kind(message);
  return runtimeError(code, message + (cause ? `: ${messageOf(cause)}` : ''), { ...facts, cause });
}

/**
 * What there is to say of settings that could not be kept to, as the setting and facts: few have reason to hear it, so
 * that the sentences are in the worker file; see remarks.js.
 * @type {[setting: string, ...facts: unknown[]][]}
 */
export const remarks = [];

const told = new Set();

export function warnOnce(text) {
  if (!told.has(text)) console.warn(text);
  told.add(text);
}
