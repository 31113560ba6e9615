// The settings, and what else all copies of this library on one page have in common.

/** The versions that `env.versions` tells: of the reference's interface, and ours. */
const versions = { common: '1.27.0', apus: '0.1.0' };

const levels = ['verbose', 'info', 'warning', 'error', 'fatal'];

function newEnv() {
  let logLevel = 'warning';
  return {
    wasm: {},
    webgl: {},
    webgpu: {},
    // No `web`: a well-known client builds from it the address of the reference's own wasm file.
    versions,

    get logLevel() {
      return logLevel;
    },
    set logLevel(level) {
      if (level === undefined) return;
      if (!levels.includes(level)) throw new Error(`Unsupported logging level: ${level}`);
      logLevel = level;
    },
  };
}

/**
 * A program may well load this library twice, as a module and by `require`. Copies of one version share this object,
 * under a symbol of the global object: the one trace that loading leaves. Where that is frozen a copy has its own.
 */
const key = Symbol.for(`apus@${versions.apus}`);
const shared = globalThis[key] ?? { env: newEnv(), backends: new Map() };
Reflect.defineProperty(globalThis, key, { value: shared, configurable: true });

/**
 * The settings of the library: one plain object that anyone may add to. `env.wasm` is empty until the first session
 * writes into it what it made of the settings.
 */
export const { env } = shared;

/** What programs registered; see backend.js. */
export const registered = shared.backends;

/** `env.logLevel` as the number that `logSeverityLevel` has. */
export const severityLevel = () => levels.indexOf(env.logLevel);
