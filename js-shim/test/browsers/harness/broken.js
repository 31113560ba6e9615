import { nothing } from '../support/check.js';
