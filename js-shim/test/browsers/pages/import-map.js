// An import map gives the package's name to our file: no change in the application.
import * as ort from 'onnxruntime-web';
import { check, equal, testCase } from '../support/check.js';

const small = await testCase('small');

check('create from bytes, run', async () => equal(await answer(ort, small.bytes, small.feeds), small.outputs));
