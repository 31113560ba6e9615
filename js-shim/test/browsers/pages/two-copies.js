// Module and script tag on one page, as happens when a library brings its own copy.
import * as module from '/dist/ort.min.mjs';
import { check, equal, ok, testCase } from '../support/check.js';

const small = await testCase('small');
const copies = { module, script: ort };

check('they are two', () => ok(module.Tensor !== ort.Tensor, 'one Tensor'));

check('there is one env', () => ok(module.env === ort.env, 'two'));

check('each knows the tensors of both', () => {
  for (const { Tensor } of [module, ort]) {
    for (const Other of [module.Tensor, ort.Tensor]) ok(new Other('float32', [1]) instanceof Tensor, 'instanceof');
  }
});

for (const [name, other] of [['module', 'script'], ['script', 'module']]) {
  check(`the ${name}'s session takes the ${other}'s tensors`, async () => {
    const session = await copies[name].InferenceSession.create(small.bytes);
    const results = await session.run(tensorsOf(copies[other], small.feeds));
    equal(plainOf(results), small.outputs);
    const y = new copies[other].Tensor('float32', new Float32Array(6), [2, 3]);
    ok((await session.run(tensorsOf(copies[other], small.feeds), { y })).y === y, 'another tensor came back');
    equal(plainOf({ y }).y, small.outputs.y);
  });
}
