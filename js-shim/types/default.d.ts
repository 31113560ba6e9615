// The default exports: the same names as the named ones, types among them.
import * as ort from './names.js';
import * as ortOfNode from './node-names.js';

export { ort, ortOfNode };
