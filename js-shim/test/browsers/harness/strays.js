import { check } from '../support/check.js';

check('leaves a rejection behind', async () => {
  Promise.reject(new Error('lost'));
  await new Promise((resolve) => setTimeout(resolve, 20));
});
