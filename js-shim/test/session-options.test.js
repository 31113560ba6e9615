import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRunOptions, checkSessionOptions } from '../src/session-options.js';
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

test('run options', () => {
  checkRunOptions({ logSeverityLevel: 4, logVerbosityLevel: 100, tag: 5, extra: { a: 'b' } });
  throwsExactly(() => checkRunOptions({ logSeverityLevel: -1 }), Error, 'log severity level is not valid: -1');
  throwsExactly(() => checkRunOptions({ extra: null }), TypeError, "'extra' must be an object, got: null");
});
