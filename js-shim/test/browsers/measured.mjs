// The pages that measure: `make measure MODELS=DIR`.
import { isolated } from './pages.mjs';

/** @type {import('./pages.mjs').Page[]} */
export const pages = [{ file: 'measured', headers: isolated }];
