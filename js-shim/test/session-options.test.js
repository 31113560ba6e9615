import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { env } from '../src/env.js';
import { checkRunOptions, checkSessionOptions, withMirrored } from '../src/session-options.js';
import { throwsExactly } from './support/throws.js';

const all = ['graphOptimizationLevel', 99];

const accepted = [
  { options: {}, pairs: [all] },
  { options: { graphOptimizationLevel: null, executionMode: null }, pairs: [all] },
  { options: { graphOptimizationLevel: 'disabled' }, pairs: [['graphOptimizationLevel', 0]] },
  { options: { graphOptimizationLevel: 'layout', executionMode: 'parallel' }, pairs: [['graphOptimizationLevel', 3]] },
  {
    options: { freeDimensionOverrides: { batch: 2, N: 0 } },
    pairs: [all, ['freeDimensionOverrides.batch', 2], ['freeDimensionOverrides.N', 0]],
  },
  { options: { intermediates: true }, pairs: [all, ['intermediates', 1]] },
  { options: { intermediates: false }, pairs: [all] },
  { options: { intermediates: ['h', 'w'] }, pairs: [all, ['intermediates', 'h'], ['intermediates', 'w']] },
  { options: { enableProfiling: true }, pairs: [all, ['enableProfiling', 1]] },
  { options: { maxMemory: 1e9 }, pairs: [all, ['maxMemory', 1e9]] },
  {
    options: { extra: { session: { a: 1, b: true, c: false, d: ['x', 'y'] }, e: 'z' } },
    pairs: [
      all,
      ['extra.session.a', '1'],
      ['extra.session.b', '1'],
      ['extra.session.c', '0'],
      ['extra.session.d.0', 'x'],
      ['extra.session.d.1', 'y'],
      ['extra.e', 'z'],
    ],
  },
  { options: { preferredOutputLocation: 'cpu' }, pairs: [all] },
  { options: { preferredOutputLocation: 'cpu-pinned' }, pairs: [all] },
  { options: { preferredOutputLocation: { y: 'cpu', nobody: 'cpu-pinned' } }, pairs: [all] },
  // As in the reference: what is of the wrong kind here means nothing.
  { options: { logId: 5, optimizedModelFilePath: 5, profileFilePrefix: 5, enableCpuMemArena: 'x' }, pairs: [all] },
  { options: { intraOpNumThreads: 2, interOpNumThreads: 2, enableMemPattern: false }, pairs: [all] },
  { options: { logSeverityLevel: null, logVerbosityLevel: null }, pairs: [all] },
  { options: { logSeverityLevel: 0, logVerbosityLevel: 4, enableGraphCapture: false, unknown: 1 }, pairs: [all] },
];

for (const { options, pairs } of accepted) {
  test(`session options ${JSON.stringify(options)}`, () => assert.deepEqual(checkSessionOptions(options), pairs));
}

const circle = {};
circle.again = circle;
const refused = [
  { options: { graphOptimizationLevel: 'most' }, Kind: Error, message: 'unsupported graph optimization level: most' },
  {
    options: { graphOptimizationLevel: 'toString' },
    Kind: Error,
    message: 'unsupported graph optimization level: toString',
  },
  { options: { executionMode: 'both' }, Kind: Error, message: 'unsupported execution mode: both' },
  { options: { logSeverityLevel: 5 }, Kind: Error, message: 'log severity level is not valid: 5' },
  { options: { logSeverityLevel: '2' }, Kind: Error, message: 'log severity level is not valid: 2' },
  { options: { logVerbosityLevel: 1.5 }, Kind: Error, message: 'log verbosity level is not valid: 1.5' },
  { options: { enableGraphCapture: 1 }, Kind: Error, message: 'enableGraphCapture must be a boolean value: 1' },
  {
    options: { freeDimensionOverrides: { N: -1 } },
    Kind: Error,
    message: 'free dimension override value must be a non-negative integer: -1',
  },
  {
    options: { freeDimensionOverrides: { N: '2' } },
    Kind: Error,
    message: 'free dimension override value must be a non-negative integer: 2',
  },
  {
    options: { preferredOutputLocation: 'gpu-buffer' },
    Kind: Error,
    message: 'Not supported preferred output location: gpu-buffer.',
  },
  {
    options: { preferredOutputLocation: { y: 'cpu', z: 'ml-tensor' } },
    Kind: Error,
    message: 'Not supported preferred output location: ml-tensor.',
  },
  {
    options: { preferredOutputLocation: 5 },
    Kind: Error,
    message: 'Not supported preferred output location: 5.',
  },
  { options: { maxMemory: 0 }, Kind: RangeError, message: "'maxMemory' must be a positive number of bytes: 0" },
  { options: { extra: { a: undefined } }, Kind: Error, message: "Can't handle extra config type: undefined" },
  { options: { extra: { a: () => {} } }, Kind: Error, message: "Can't handle extra config type: function" },
  { options: { extra: { a: null } }, Kind: TypeError, message: "'extra.a' must be an object, got: null" },
  { options: { extra: 'x' }, Kind: TypeError, message: "'extra' must be an object, got: x" },
  { options: { extra: circle }, Kind: Error, message: 'Circular reference in options' },
];

for (const { options, Kind, message } of refused) {
  test(`session options throw: ${message}`, () => throwsExactly(() => checkSessionOptions(options), Kind, message));
}

test('frozen options are taken, and stay as they are', () => {
  const options = Object.freeze({
    extra: Object.freeze({ session: Object.freeze({ enable_profiling: '1' }) }),
    freeDimensionOverrides: Object.freeze({ n: 1 }),
  });
  checkSessionOptions(withMirrored(options));
  assert.deepEqual(options, { extra: { session: { enable_profiling: '1' } }, freeDimensionOverrides: { n: 1 } });
});

const mirrored = [
  { session: { graph_optimization_level: '1' }, gives: { graphOptimizationLevel: 'basic' } },
  { session: { graph_optimization_level: 99 }, gives: { graphOptimizationLevel: 'all' } },
  { session: { graph_optimization_level: 'extended' }, gives: { graphOptimizationLevel: 'extended' } },
  { session: { intra_op_num_threads: '3' }, gives: { intraOpNumThreads: 3 } },
  { session: { enable_profiling: '1' }, gives: { enableProfiling: true } },
  { session: { enable_profiling: false }, gives: { enableProfiling: false } },
  { session: { constructor: '1', unknown: 'x' }, gives: {} },
  { options: { enableProfiling: false }, session: { enable_profiling: '1' }, gives: { enableProfiling: false } },
];

for (const { options, session, gives } of mirrored) {
  test(`extra.session ${JSON.stringify(session)} gives ${JSON.stringify(gives)}`, () => {
    for (const extra of [{ session }, { ...dotted(session) }]) {
      assert.deepEqual(withMirrored({ ...options, extra }), { ...options, extra, ...gives });
    }
  });
}

function dotted(session) {
  return Object.fromEntries(Object.entries(session).map(([key, value]) => [`session.${key}`, value]));
}

test('a level that extra does not know is refused like any other', () =>
  throwsExactly(
    () => checkSessionOptions(withMirrored({ extra: { session: { graph_optimization_level: '7' } } })),
    Error,
    'unsupported graph optimization level: 7',
  ));

test('enableGraphCapture says in a verbose log that it does nothing; the level of a session is env.logLevel', () => {
  const log = mock.method(console, 'log', () => {});
  const lines = (level, options) => {
    env.logLevel = level;
    log.mock.resetCalls();
    checkSessionOptions(options);
    return log.mock.calls.map((call) => call.arguments[0]);
  };
  const line = '[apus] enableGraphCapture has no effect on wasm.';
  assert.deepEqual(lines('verbose', { enableGraphCapture: true }), [line]);
  assert.deepEqual(lines('verbose', { enableGraphCapture: false }), []);
  assert.deepEqual(lines('warning', { enableGraphCapture: true }), []);
  assert.deepEqual(lines('warning', { enableGraphCapture: true, logSeverityLevel: 0 }), [line]);
  assert.deepEqual(lines('verbose', { enableGraphCapture: true, logSeverityLevel: 2 }), []);
  log.mock.restore();
});

const runOptions = [
  { options: { logSeverityLevel: -1 }, Kind: Error, message: 'log severity level is not valid: -1' },
  { options: { logSeverityLevel: 5 }, Kind: Error, message: 'log severity level is not valid: 5' },
  { options: { logSeverityLevel: '2' }, Kind: Error, message: 'log severity level is not valid: 2' },
  { options: { logVerbosityLevel: 0.5 }, Kind: Error, message: 'log verbosity level is not valid: 0.5' },
  { options: { extra: null }, Kind: TypeError, message: "'extra' must be an object, got: null" },
  { options: { extra: { a: undefined } }, Kind: Error, message: "Can't handle extra config type: undefined" },
  { options: { extra: circle }, Kind: Error, message: 'Circular reference in options' },
  { options: { signal: {} }, Kind: TypeError, message: "'signal' must be an AbortSignal." },
  { options: { signal: null }, Kind: TypeError, message: "'signal' must be an AbortSignal." },
  {
    options: { yieldEveryMs: 'soon' },
    Kind: RangeError,
    message: "'yieldEveryMs' must be a number of milliseconds: soon",
  },
  { options: { yieldEveryMs: -1 }, Kind: RangeError, message: "'yieldEveryMs' must be a number of milliseconds: -1" },
];

for (const { options, Kind, message } of runOptions) {
  test(`run options throw: ${message}`, () => throwsExactly(() => checkRunOptions(options), Kind, message));
}

test('run options that are taken', () => {
  checkRunOptions(Object.freeze({}));
  checkRunOptions({ logSeverityLevel: 4, logVerbosityLevel: 100, tag: 5, extra: { a: 'b' }, terminate: 1 });
  checkRunOptions({ signal: new AbortController().signal, yieldEveryMs: 0 });
});
