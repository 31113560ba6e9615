// Inside web workers, made from a module and from a plain script.
import { check, equal, nextMessage, rejects, testCase } from '../support/check.js';

const small = await testCase('small');
const squeezenet = await testCase('squeezenet');

/** What a fresh worker answers. */
async function ask(file, options, message) {
  const worker = new Worker(`/workers/${file}`, options);
  try {
    const reply = nextMessage(worker);
    worker.postMessage(message);
    return await reply;
  } finally {
    worker.terminate();
  }
}

const kinds = [
  { what: 'a module worker', file: 'module.js', options: { type: 'module' }, flags: {} },
  // importScripts does not say where a script came from, so the wasm file must be named.
  { what: 'a classic worker', file: 'classic.js', flags: { wasmPaths: '/dist/' } },
];

for (const { what, file, options, flags } of kinds) {
  check(`${what}: create from bytes, run`, async () => {
    const { bytes: model, feeds, outputs } = small;
    equal((await ask(file, options, { model, feeds, flags })).outputs, outputs);
  });

  check(`${what}: create from an address, run`, async () => {
    const { url: model, feeds, outputs } = squeezenet;
    equal((await ask(file, options, { model, feeds, flags })).outputs, outputs);
  });

  check(`${what}: two threads where the page is isolated`, async () => {
    const { bytes: model, feeds, outputs } = squeezenet;
    const reply = await ask(file, options, { model, feeds, flags: { ...flags, numThreads: 2 } });
    equal(reply, { outputs, numThreads: crossOriginIsolated ? 2 : 1 }, 'reply');
  });

  check(`${what}: what is no model is refused`, () =>
    rejects(ask(file, options, { model: new Uint8Array(8), feeds: {}, flags }), /^\[ERROR_CODE: \d+\] /));
}

check('a classic worker without wasmPaths says what is missing', () =>
  rejects(ask('classic.js', undefined, { model: small.bytes, feeds: small.feeds }), 'no wasm file could be loaded: '));
