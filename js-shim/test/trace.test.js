import assert from 'node:assert/strict';
import { afterEach, mock, test } from 'node:test';
import { env } from '../src/env.js';
import * as trace from '../src/trace.js';

/** The calls of `console[method]` while `act` ran. */
function calls(method, act) {
  const spy = mock.method(console, method, () => {});
  try {
    act();
    return spy.mock.calls.map((call) => call.arguments);
  } finally {
    spy.mock.restore();
  }
}
afterEach(() => {
  delete env.trace;
  delete env.wasm.trace;
});

function outer(extra) {
  trace.TRACE_FUNC_BEGIN(extra);
  trace.TRACE_FUNC_END(extra);
}

test('stamps have the reference\'s labels', () => {
  env.trace = true;
  assert.deepEqual(calls('timeStamp', () => trace.TRACE('GPU', 'x')), [['GPU::ORT::x']]);
  assert.deepEqual(calls('timeStamp', () => outer()), [['CPU::ORT::FUNC_BEGIN::outer'], ['CPU::ORT::FUNC_END::outer']]);
  assert.deepEqual(calls('timeStamp', () => outer('y')), [
    ['CPU::ORT::FUNC_BEGIN::outer::y'],
    ['CPU::ORT::FUNC_END::outer::y'],
  ]);
  assert.deepEqual(calls('time', () => trace.TRACE_EVENT_BEGIN('z')), [['ORT::z']]);
  assert.deepEqual(calls('timeEnd', () => trace.TRACE_EVENT_END('z')), [['ORT::z']]);
});

test('the caller is known from the other browsers\' stacks too', () => {
  env.trace = true;
  const { prepareStackTrace } = Error;
  const named = (frame) => `${frame.getFunctionName() ?? ''}@place:1:2`;
  Error.prepareStackTrace = (_, frames) => frames.map(named).join('\n');
  try {
    assert.deepEqual(calls('timeStamp', () => outer()).map(([text]) => text.split('::')[3]), ['outer', 'outer']);
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
});

for (const [flag, older, isOn] of [
  [undefined, undefined, false],
  [undefined, true, true],
  [undefined, false, false],
  [true, false, true],
  [false, true, false],
]) {
  test(`env.trace ${flag} with env.wasm.trace ${older} is ${isOn ? 'on' : 'off'}`, () => {
    if (flag !== undefined) env.trace = flag;
    if (older !== undefined) env.wasm.trace = older;
    for (const [method, act] of [
      ['timeStamp', () => trace.TRACE('CPU', 'x')],
      ['timeStamp', () => trace.TRACE_FUNC_BEGIN()],
      ['timeStamp', () => trace.TRACE_FUNC_END()],
      ['time', () => trace.TRACE_EVENT_BEGIN('x')],
      ['timeEnd', () => trace.TRACE_EVENT_END('x')],
    ]) {
      assert.equal(calls(method, act).length, isOn ? 1 : 0);
    }
  });
}
