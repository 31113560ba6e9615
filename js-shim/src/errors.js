/** The reference's numbers for what can go wrong, and our names for them. */
const names = {
  1: 'Fail',
  2: 'InvalidArgument',
  3: 'NoSuchFile',
  6: 'RuntimeException',
  7: 'InvalidProtobuf',
  9: 'NotImplemented',
  10: 'InvalidGraph',
  12: 'OutOfMemory',
  13: 'Cancelled',
};

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
  Object.defineProperty(error, 'name', { value: names[code] ?? 'Error', configurable: true, writable: true });
  return error;
}

const told = new Set();

export function warnOnce(text) {
  if (!told.has(text)) console.warn(text);
  told.add(text);
}
