// Time stamps for the profilers of browsers, where `env.trace` asks for them.
import { env } from './env.js';

const isOn = () => env.trace ?? env.wasm.trace;

export function TRACE(deviceType, label) {
  if (isOn()) console.timeStamp?.(`${deviceType}::ORT::${label}`);
}

/**
 * The name in the third frame of a stack: who called the exported function. Chromium writes "    at name (place)" below
 * a line for the error, the others "name@place".
 */
const caller = /^(?:Error\n)?.*\n.*\n\s*(?:at (?:async |new )?)?([^\s@]*)/;

function traceFunction(what, extra) {
  if (!isOn()) return;
  const name = caller.exec(new Error().stack)?.[1] ?? '';
  TRACE('CPU', `FUNC_${what}::${name}${extra ? `::${extra}` : ''}`);
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
