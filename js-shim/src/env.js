const levels = ['verbose', 'info', 'warning', 'error', 'fatal'];
let logLevel = 'warning';

/**
 * The settings of the library: one plain object that anyone may add to. `env.wasm` is empty until the first session
 * writes into it what it made of the settings.
 */
export const env = {
  wasm: {},
  webgl: {},
  webgpu: {},
  // No `web`: a well-known client builds from it the address of the reference's own wasm file.
  versions: { common: '1.27.0', apus: '0.1.0' },

  get logLevel() {
    return logLevel;
  },
  set logLevel(level) {
    if (level === undefined) return;
    if (!levels.includes(level)) throw new Error(`Unsupported logging level: ${level}`);
    logLevel = level;
  },
};
