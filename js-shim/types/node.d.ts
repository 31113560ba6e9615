// What Node gets, for `require`; and scripts, where `ort` is a global.
import { ortOfNode } from './default.js';

export * from './node-names.js';
export default ortOfNode;
export as namespace ort;
