// Time stamps for the profilers of browsers, where `env.trace` asks for them.
import { env } from './env.js';

const isOn = () => env.trace ?? env.wasm.trace;

export function TRACE(deviceType, label) {
  if (isOn()) console.timeStamp?.(`${deviceType}::ORT::${label}`);
}

/** The name in the third frame of a stack: who called the exported function. */
function callerIn(stack) {
  // Chromium writes "    at name (place)" below a line for the error, the others "name@place".
  const lines = stack.split('\n');
  const line = lines[lines[0] === 'Error' ? 3 : 2] ?? '';
  return line.replace(/^\s*at (async |new )?/, '').split(/[ @]/)[0];
}

function traceFunction(what, extra) {
  if (!isOn()) return;
  const caller = callerIn(new Error().stack ?? '');
  TRACE('CPU', `FUNC_${what}::${caller}${extra ? `::${extra}` : ''}`);
}

export function TRACE_FUNC_BEGIN(extra) {
  traceFunction('BEGIN', extra);
}

export function TRACE_FUNC_END(extra) {
  traceFunction('END', extra);
}

export function TRACE_EVENT_BEGIN(name) {
  if (isOn()) console.time(`ORT::${name}`);
}

export function TRACE_EVENT_END(name) {
  if (isOn()) console.timeEnd(`ORT::${name}`);
}
