import '../support/check.js';
