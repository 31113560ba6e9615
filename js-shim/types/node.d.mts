// What Node gets, for `import`.
import { ortOfNode } from './default.js';

export * from './node-names.js';
export default ortOfNode;
