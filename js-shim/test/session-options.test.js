import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mock, test } from 'node:test';
import * as ort from '../dist/ort.node.min.mjs';
import { runOptions, sessionOptions, threadsAskedFor } from '../src/session-options.js';
import { model, node, value } from './support/onnx.js';
import { rejectsExactly, throwsExactly } from './support/throws.js';

const { InferenceSession, Tensor, env } = ort;
const bytes = model({
  nodes: [node('Identity', ['x'], ['h'], {}, 'same'), node('Neg', ['h'], ['y'], {}, 'negative')],
  inputs: [value('x', 'float32', ['N'])],
  outputs: [value('y', 'float32', ['N'])],
});
const create = (options) => InferenceSession.createSync(bytes, options);
const x = new Tensor('float32', [1, 2]);

const accepted = [
  { options: {}, pairs: [] },
  { options: { graphOptimizationLevel: null, executionMode: null } },
  { options: { graphOptimizationLevel: 'disabled' }, pairs: [['graphOptimizationLevel', 'disabled']] },
  { options: { graphOptimizationLevel: 'layout', executionMode: 'parallel' } },
  {
    options: { freeDimensionOverrides: { batch: 2, N: 2 } },
    pairs: [['freeDimensionOverrides.batch', 2], ['freeDimensionOverrides.N', 2]],
  },
  { options: { intermediates: true }, pairs: [['intermediates', true]] },
  { options: { intermediates: false } },
  { options: { intermediates: ['h', 'x'] }, pairs: [['intermediates.0', 'h'], ['intermediates.1', 'x']] },
  { options: { enableProfiling: true }, pairs: [['enableProfiling', true]] },
  { options: { maxMemory: 1e9 }, pairs: [['maxMemory', 1e9]] },
  {
    options: { extra: { session: { a: 1, b: true, c: false, d: ['x', 'y'] }, e: 'z' } },
    pairs: [
      ['extra.session.a', 1],
      ['extra.session.b', true],
      ['extra.session.c', false],
      ['extra.session.d.0', 'x'],
      ['extra.session.d.1', 'y'],
      ['extra.e', 'z'],
    ],
  },
  { options: { preferredOutputLocation: 'cpu' } },
  { options: { preferredOutputLocation: null } },
  { options: { preferredOutputLocation: { y: 'cpu', z: undefined } } },
  { options: { preferredOutputLocation: 'cpu-pinned' } },
  { options: { preferredOutputLocation: { y: 'cpu', nobody: 'cpu-pinned' } } },
  // As in the reference: what is of the wrong kind here means nothing.
  { options: { logId: 5, profileFilePrefix: 5, enableCpuMemArena: 'x' }, pairs: [] },
  { options: { optimizedModelFilePath: 5 } },
  { options: { intraOpNumThreads: 2, interOpNumThreads: 2, enableMemPattern: false }, pairs: [] },
  { options: { logSeverityLevel: null, logVerbosityLevel: null } },
  { options: { logSeverityLevel: 0, logVerbosityLevel: 4, enableGraphCapture: false, unknown: 1 } },
];

for (const { options, pairs } of accepted) {
  test(`session options ${JSON.stringify(options)}`, () => {
    if (pairs) assert.deepEqual(sessionOptions(options), pairs);
    assert.deepEqual([...create(options).runSync({ x }).y.data], [-1, -2]);
  });
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
    options: { freeDimensionOverrides: { N: 2n } },
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
    options: { preferredOutputLocation: { y: {} } },
    Kind: Error,
    message: 'Not supported preferred output location: [object Object].',
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
  test(`session options throw: ${message}`, () => throwsExactly(() => create(options), Kind, message));
}

test('wrong options are told before a model is looked for, or a file written', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ort-'));
  const optimizedModelFilePath = path.join(folder, 'optimized.onnx');
  const options = { optimizedModelFilePath, executionMode: 'x' };
  await rejectsExactly(InferenceSession.create('no such file', options), Error, 'unsupported execution mode: x');
  assert.ok(!existsSync(optimizedModelFilePath));
  rmSync(folder, { recursive: true });
});

test('frozen options are taken, and stay as they are', () => {
  const options = Object.freeze({
    extra: Object.freeze({ session: Object.freeze({ enable_profiling: '1' }) }),
    freeDimensionOverrides: Object.freeze({ n: 1 }),
  });
  create(options);
  assert.deepEqual(options, { extra: { session: { enable_profiling: '1' } }, freeDimensionOverrides: { n: 1 } });
});

const plainly = ['Identity', 'Neg'];
const mirrored = [
  { session: { graph_optimization_level: '0' }, ran: plainly },
  { session: { graph_optimization_level: 0 }, ran: plainly },
  { session: { graph_optimization_level: 'disabled' }, ran: plainly },
  { options: { graphOptimizationLevel: null }, session: { graph_optimization_level: '0' }, ran: plainly },
  { session: { graph_optimization_level: 99 } },
  { options: { graphOptimizationLevel: 'all' }, session: { graph_optimization_level: '0' } },
  { session: { constructor: '1', unknown: 'x' } },
];

for (const { options, session, ran } of mirrored) {
  test(`${JSON.stringify(options)} and extra.session ${JSON.stringify(session)} are the level ${ran ? 0 : 99}`, () => {
    for (const extra of [{ session }, { ...dotted(session) }]) {
      const made = create({ ...options, extra });
      made.startProfiling();
      made.runSync({ x });
      const seen = made.endProfiling().map(({ opType }) => opType);
      assert.deepEqual(seen, ran ?? ['Neg']);
    }
  });
}

const profiled = [
  { session: { enable_profiling: '1' }, gives: 2 },
  { session: { enable_profiling: true }, gives: 2 },
  { session: { enable_profiling: false }, gives: 0 },
  { options: { enableProfiling: false }, session: { enable_profiling: '1' }, gives: 0 },
  { options: { enableProfiling: true }, session: { enable_profiling: '0' }, gives: 2 },
];

for (const { options, session, gives } of profiled) {
  test(`${JSON.stringify(options)} and extra.session ${JSON.stringify(session)} profile ${gives} nodes`, () => {
    const made = create({ graphOptimizationLevel: 'disabled', ...options, extra: { session } });
    made.runSync({ x });
    assert.equal(made.endProfiling().length, gives);
  });
}

test('threads are asked for by the option, else in extra', () => {
  const session = { intra_op_num_threads: '3' };
  assert.equal(threadsAskedFor({ extra: { session } }), 3);
  assert.equal(threadsAskedFor({ extra: dotted(session) }), 3);
  assert.equal(threadsAskedFor({ intraOpNumThreads: 2, extra: { session } }), 2);
  assert.equal(threadsAskedFor({}), NaN);
});

function dotted(session) {
  return Object.fromEntries(Object.entries(session).map(([key, value]) => [`session.${key}`, value]));
}

test('a level that extra does not know is refused like any other', () =>
  throwsExactly(
    () => create({ extra: { session: { graph_optimization_level: '7' } } }),
    Error,
    'unsupported graph optimization level: 7',
  ));

test('enableGraphCapture says in a verbose log that it does nothing; the level of a session is env.logLevel', () => {
  const log = mock.method(console, 'log', () => {});
  const lines = (level, options) => {
    env.logLevel = level;
    log.mock.resetCalls();
    create(options);
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

const refusedRuns = [
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

for (const { options, Kind, message } of refusedRuns) {
  test(`run options throw: ${message}`, () => throwsExactly(() => create().runSync({ x }, options), Kind, message));
}

test('run options that are taken', () => {
  const session = create();
  const taken = [
    Object.freeze({}),
    { logSeverityLevel: 4, logVerbosityLevel: 100, tag: 5, extra: { a: 'b' } },
    { logSeverityLevel: null, signal: new AbortController().signal, yieldEveryMs: 0 },
  ];
  for (const options of taken) assert.deepEqual([...session.runSync({ x }, options).y.data], [-1, -2]);
  assert.deepEqual(runOptions({ tag: 5, extra: { a: { b: 1 } } }), [['extra.a.b', 1]]);
});

test('a run that waits is refused when its turn comes, and harms no other', async () => {
  const session = create();
  const first = session.run({ x }, { yieldEveryMs: 1e-9 });
  await rejectsExactly(session.run({ x }, { logSeverityLevel: 7 }), Error, 'log severity level is not valid: 7');
  assert.deepEqual([...(await first).y.data], [-1, -2]);
});
