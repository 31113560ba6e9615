import { check, equal } from '../support/check.js';

check('is the same', () => equal({ a: [1, NaN] }, { a: [1, NaN] }));
