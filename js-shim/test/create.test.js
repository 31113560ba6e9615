import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registerBackend } from '../src/backend.js';
import { InferenceSession } from '../src/inference-session.js';
import { rejectsExactly, throwsExactly } from './support/throws.js';

/** Remembers what it was asked for, instead of loading it. */
const calls = [];
registerBackend(
  'recorder',
  {
    init: async () => {},
    createInferenceSessionHandler: async (model, options) => (calls.push({ model, options }), { inputNames: [] }),
  },
  1,
);

const buffer = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7).buffer;

const accepted = [
  { args: ['model.onnx'], model: 'model.onnx' },
  { args: ['model.onnx', { logId: 'a' }], model: 'model.onnx', logId: 'a' },
  { args: [new Uint8Array(buffer, 2, 3)], model: [2, 3, 4] },
  { args: [Buffer.from([9, 8])], model: [9, 8] },
  { args: [buffer], model: [0, 1, 2, 3, 4, 5, 6, 7] },
  { args: [buffer, { logId: 'b' }], model: [0, 1, 2, 3, 4, 5, 6, 7], logId: 'b' },
  { args: [buffer, 3], model: [3, 4, 5, 6, 7] },
  { args: [buffer, 3, 2], model: [3, 4] },
  { args: [buffer, 3, 2, { logId: 'c' }], model: [3, 4], logId: 'c' },
  { args: [buffer, 3, undefined, { logId: 'd' }], model: [3, 4, 5, 6, 7], logId: 'd' },
  { args: [new SharedArrayBuffer(2)], model: [0, 0] },
  { args: [new DataView(buffer, 1, 3)], model: [1, 2, 3] },
  { args: [new Uint16Array(buffer, 2, 1)], model: [2, 3] },
  { args: [new URL('file:///a/model.onnx'), { logId: 'e' }], model: 'file:///a/model.onnx', logId: 'e' },
  { args: [Promise.resolve(buffer), 3, 2, { logId: 'f' }], model: [3, 4], logId: 'f' },
  { args: [Promise.resolve('model.onnx')], model: 'model.onnx' },
  { args: ['model.onnx', []], model: 'model.onnx' },
];

for (const { args, model, logId } of accepted) {
  test(`create(${args.map(show).join(', ')})`, async () => {
    await InferenceSession.create(...args);
    const call = calls.at(-1);
    assert.deepEqual(typeof call.model === 'string' ? call.model : [...call.model], model);
    assert.equal(call.options.logId, logId);
  });
}

const noModels = [undefined, null, 5, 5n, true, {}, [], [1, 2], () => {}, new Map(), { then: 5 }];
const unexpected = "Unexpected argument[0]: must be 'path' or 'buffer'.";
const streams = [new Blob(['x']), new Response('x'), new Request('data:,x'), new Blob(['x']).stream()];
for (const given of streams) {
  test(`create(${show(given)}) passes it on`, async () => {
    await InferenceSession.create(given, { logId: 'g' });
    assert.equal(calls.at(-1).model, given);
    assert.equal(calls.at(-1).options.logId, 'g');
  });
}

const options = "'options' must be an object.";
const refused = [
  ...noModels.map((arg) => ({ args: [arg], Kind: TypeError, message: unexpected })),
  { args: [Promise.resolve({})], Kind: TypeError, message: unexpected },
  { args: [new Blob([]), null], Kind: TypeError, message: options },
  ...[null, 5, 'x', () => {}].map((arg) => ({ args: ['model.onnx', arg], Kind: TypeError, message: options })),
  { args: [new Uint8Array(1), 0], Kind: TypeError, message: options },
  { args: [buffer, null], Kind: TypeError, message: options },
  { args: [buffer, 'x'], Kind: TypeError, message: options },
  { args: [buffer, 0, 1, null], Kind: TypeError, message: options },
  { args: [buffer, 0, 1, 5], Kind: TypeError, message: options },
  { args: [buffer, 1.5], Kind: RangeError, message: "'byteOffset' must be an integer." },
  { args: [buffer, NaN], Kind: RangeError, message: "'byteOffset' must be an integer." },
  { args: [buffer, -1], Kind: RangeError, message: "'byteOffset' is out of range [0, 8)." },
  { args: [buffer, 8], Kind: RangeError, message: "'byteOffset' is out of range [0, 8)." },
  { args: [buffer, 0, '1'], Kind: TypeError, message: "'byteLength' must be a number." },
  { args: [buffer, 0, null], Kind: TypeError, message: "'byteLength' must be a number." },
  { args: [buffer, 0, {}], Kind: TypeError, message: "'byteLength' must be a number." },
  { args: [buffer, 0, 0.5], Kind: RangeError, message: "'byteLength' must be an integer." },
  { args: [buffer, 2, 0], Kind: RangeError, message: "'byteLength' is out of range (0, 6]." },
  { args: [buffer, 2, 7], Kind: RangeError, message: "'byteLength' is out of range (0, 6]." },
];

for (const { args, Kind, message } of refused) {
  test(`create(${args.map(show).join(', ')}) rejects`, () =>
    rejectsExactly(InferenceSession.create(...args), Kind, message));
}

test('createSync checks the same, and needs a backend that works without waiting', () => {
  throwsExactly(() => InferenceSession.createSync({}), TypeError, unexpected);
  throwsExactly(() => InferenceSession.createSync(buffer, 9), RangeError, "'byteOffset' is out of range [0, 8).");
  throwsExactly(() => InferenceSession.createSync(buffer), Error, 'no backend works without waiting among: recorder');
  const providers = { executionProviders: 'wasm' };
  const message = "'executionProviders' must be an array of names or of objects with a name.";
  throwsExactly(() => InferenceSession.createSync(buffer, providers), TypeError, message);
});

test('create takes four and may be called unbound', async () => {
  assert.equal(InferenceSession.create.length, 4);
  const { create } = InferenceSession;
  assert.ok((await create('model.onnx')) instanceof InferenceSession);
});

test('the options of the caller stay as they are', async () => {
  const options = Object.freeze({ extra: Object.freeze({ session: Object.freeze({ tag: '1' }) }) });
  await InferenceSession.create('model.onnx', options);
  assert.deepEqual(options, { extra: { session: { tag: '1' } } });
});

test('a session made by hand has getters that throw', () => {
  const session = new InferenceSession();
  assert.throws(() => session.inputNames, TypeError);
});

test('a session is extensible, is no promise, and has one field', async () => {
  const session = await InferenceSession.create('model.onnx');
  session.config = 1;
  assert.deepEqual(Object.keys(session), ['handler', 'config']);
  assert.equal(session.then, undefined);
});

function show(value) {
  if (typeof value === 'object' && value !== null && value.constructor !== Object) return value.constructor.name;
  return ['function', 'bigint'].includes(typeof value) ? typeof value : JSON.stringify(value) ?? String(value);
}
