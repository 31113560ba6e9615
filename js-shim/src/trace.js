// Time stamps for the profilers of browsers, where `env.trace` asks for them.
import { env } from './env.js';

const isOn = () => env.trace ?? env.wasm.trace;

export function TRACE(deviceType, label) {
  if (isOn()) console.timeStamp?.(`${deviceType}::ORT::${label}`);
}

/** The name of the function that called the exported function which called the one that makes `stack`. */
function callerIn(stack) {
  // Chromium writes "    at name (place)" below a line for the error, the others "name@place".
  const frames = stack.split('\n').filter((line) => /^\s*at |@/.test(line));
  return /^\s*at (?:async |new )?(\S+)|^([^@]*)@/.exec(frames[2] ?? '')?.slice(1).join('') ?? '';
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
