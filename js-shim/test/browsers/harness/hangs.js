import { check } from '../support/check.js';

check('before', () => {});
check('hangs', () => new Promise(() => {}));
check('behind', () => {});
