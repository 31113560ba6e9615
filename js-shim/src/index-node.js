// The flavour for those who come from the reference's package for Node: what index.js has, and `listSupportedBackends`.
import all, { env } from './index.js';

// As in the reference it can be read and not written.
Object.defineProperty(env.versions, 'node', { value: env.versions.common, enumerable: true });

/** The names that `executionProviders` takes, all of them within this package. */
export const listSupportedBackends = () => ['cpu', 'wasm'].map((name) => ({ name, bundled: true }));

export * from './index.js';
export default { ...all, listSupportedBackends };
