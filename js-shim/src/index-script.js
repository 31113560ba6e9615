// The flavour for a script tag: what index.js has, as the global variable `ort` that build.mjs declares.
import all from './index.js';

ort = { ...all, default: all };
