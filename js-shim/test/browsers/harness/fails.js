import { check, equal, rejects } from '../support/check.js';

check('throws', () => equal({ a: [1, 2] }, { a: [1, 3] }));
check('rejects', async () => equal(1, '1'));
check('does not reject', () => rejects(Promise.resolve(5), 'no'));
