// What Node gets, for `require`.
import { ortOfNode } from './default.js';

export * from './node-names.js';
export default ortOfNode;
