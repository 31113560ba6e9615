import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { offerBackend, registerBackend, resolveBackend } from '../src/backend.js';
import { rejectsExactly, throwsExactly } from './support/throws.js';
import { warnings } from './support/warnings.js';

const backend = (init = async () => {}) => ({ init, createInferenceSessionHandler: async () => ({}) });
const failing = (message) => backend(() => Promise.reject(new Error(message)));
let count = 0;
const fresh = () => `backend${count++}`;

for (const nothing of [null, undefined, {}, { init() {} }, { createInferenceSessionHandler() {} }]) {
  test(`${JSON.stringify(nothing)} is no backend`, () =>
    throwsExactly(() => registerBackend(fresh(), nothing, 1), TypeError, 'not a valid backend'));
}

test('a name is taken once at one priority', async () => {
  const name = fresh();
  const first = backend();
  registerBackend(name, first, -1);
  registerBackend(name, first, -1);
  registerBackend(name, backend(), -2);
  const message = `cannot register backend "${name}" using priority -1`;
  throwsExactly(() => registerBackend(name, backend(), -1), Error, message);
  const resolved = await resolveBackend({ executionProviders: [name] });
  assert.equal(resolved.backend, first);
});

test('with no backend there is an error that says why', async () => {
  const [a, b] = [fresh(), fresh()];
  registerBackend(a, failing('no adapter'), -1);
  await rejectsExactly(
    resolveBackend({ executionProviders: [a, { name: b }] }),
    Error,
    `no available backend found. ERR: [${a}] no adapter, [${b}] backend not found.`,
  );
  await rejectsExactly(resolveBackend({}), Error, 'no available backend found. ERR: ');
});

test('the first that is ready wins; a failed one is told of', async () => {
  const [broken, good, alias, other] = [fresh(), fresh(), fresh(), fresh()];
  const shared = backend();
  registerBackend(broken, failing('no driver'), -1);
  registerBackend(good, shared, -1);
  registerBackend(alias, shared, -1);
  registerBackend(other, backend(), -1);
  const warn = mock.method(console, 'warn', () => {});
  const options = Object.freeze({ executionProviders: [broken, good, { name: alias, x: 1 }, other], tag: 'kept' });
  const resolved = await resolveBackend(options);
  assert.equal(resolved.backend, shared);
  assert.deepEqual(resolved.options, { executionProviders: [good, { name: alias, x: 1 }], tag: 'kept' });
  assert.deepEqual(
    warn.mock.calls.map((call) => call.arguments[0]),
    [`removing requested execution provider "${broken}" from session options because it is not available: no driver`],
  );
  warn.mock.restore();
});

test('a list that names webgpu or webnn beside wasm warns and uses wasm; without wasm it is refused', async () => {
  const wasm = backend();
  offerBackend('wasm', wasm, -1);
  const gone = (name) =>
    `removing requested execution provider "${name}" from session options because it is not available: ` +
    'backend not found.';
  for (const [executionProviders, told] of [
    [['webgpu', 'wasm'], [gone('webgpu')]],
    [['wasm', { name: 'webgpu', preferredLayout: 'NHWC' }], [gone('webgpu')]],
    [[{ name: 'webnn', deviceType: 'gpu' }, 'webgpu', { name: 'wasm' }], [gone('webnn'), gone('webgpu')]],
    [['wasm'], []],
  ]) {
    let found;
    const heard = await warnings(async () => {
      found = await resolveBackend({ executionProviders });
    });
    assert.equal(found.backend, wasm);
    assert.deepEqual(found.options.executionProviders.map((provider) => provider.name ?? provider), ['wasm']);
    assert.deepEqual(heard, told);
  }
  const told = await warnings(async () => {
    await rejectsExactly(
      resolveBackend({ executionProviders: ['webgpu'] }),
      Error,
      'no available backend found. ERR: [webgpu] backend not found.',
    );
    await rejectsExactly(
      resolveBackend({ executionProviders: [{ name: 'webnn' }, 'webgpu'] }),
      Error,
      'no available backend found. ERR: [webnn] backend not found., [webgpu] backend not found.',
    );
  });
  assert.deepEqual(told, []);
});

test('a name of the library goes to what a program registers before or above it', async () => {
  const [ours, theirs, above] = [backend(), backend(), backend()];
  const [early, late] = [fresh(), fresh()];
  const chosen = async (name) => (await resolveBackend({ executionProviders: [name] })).backend;
  registerBackend(early, theirs, -5);
  offerBackend(early, ours, -5);
  assert.equal(await chosen(early), theirs);
  offerBackend(late, ours, -5);
  registerBackend(late, theirs, -6);
  assert.equal(await chosen(late), ours);
  registerBackend(late, above, -4);
  assert.equal(await chosen(late), above);
});

test('init runs once a name, and again after a failure', async () => {
  const name = fresh();
  const inits = [];
  let works = false;
  registerBackend(name, backend(async (name) => {
    inits.push(name);
    if (!works) throw new Error('not yet');
  }), -1);
  const executionProviders = [name];
  await Promise.allSettled([resolveBackend({ executionProviders }), resolveBackend({ executionProviders })]);
  assert.deepEqual(inits, [name]);
  works = true;
  await resolveBackend({ executionProviders: [name] });
  await resolveBackend({ executionProviders: [name] });
  assert.deepEqual(inits, [name, name]);
});

test('among the defaults a higher priority comes first, and of equals the later one', async () => {
  const [low, early, late] = [fresh(), fresh(), fresh()];
  const shared = backend();
  registerBackend(early, shared, 10);
  registerBackend(low, shared, 5);
  registerBackend(late, shared, 10);
  const { options } = await resolveBackend({});
  assert.deepEqual(options.executionProviders, [late, early, low]);
});

for (const executionProviders of ['wasm', {}, null]) {
  test(`executionProviders ${JSON.stringify(executionProviders)} are refused`, () =>
    rejectsExactly(
      resolveBackend({ executionProviders }),
      TypeError,
      "'executionProviders' must be an array of names or of objects with a name.",
    ));
}

test('an execution provider must have a name', () =>
  rejectsExactly(
    resolveBackend({ executionProviders: [null] }),
    TypeError,
    "'executionProviders' must be an array of names or of objects with a name.",
  ));
