// Inside a service worker, which may import nothing late and answers over a message channel.
import { check, equal, nextMessage, ok, testCase } from '../support/check.js';

const small = await testCase('small');
const squeezenet = await testCase('squeezenet');

function activated({ installing, waiting, active }) {
  const worker = installing ?? waiting ?? active;
  if (worker.state === 'activated') return worker;
  return new Promise((resolve, reject) =>
    worker.addEventListener('statechange', () => {
      if (worker.state === 'activated') resolve(worker);
      if (worker.state === 'redundant') reject(new Error('the service worker was thrown away'));
    }),
  );
}

async function ask(registration, message) {
  const worker = await activated(registration);
  const { port1, port2 } = new MessageChannel();
  const reply = nextMessage(port1);
  worker.postMessage(message, [port2]);
  return reply;
}

const kinds = [
  { what: 'a script', file: 'service.js', type: 'classic' },
  { what: 'a module', file: 'service-module.js', type: 'module' },
];

for (const { what, file, type } of kinds) {
  let registration;
  check(`${what} is installed`, async () => {
    const scope = `/workers/${type}/`;
    registration = await navigator.serviceWorker.register(`/workers/${file}`, { scope, type });
    equal((await activated(registration)).state, 'activated');
  });

  check(`${what}: create from bytes, run`, async () => {
    const { bytes: model, feeds, outputs } = small;
    equal(await ask(registration, { model, feeds }), outputs);
  });

  check(`${what}: create from an address, run`, async () => {
    const { url: model, feeds, outputs } = squeezenet;
    equal(await ask(registration, { model, feeds }), outputs);
  });

  check(`${what}: create from what it fetches, run`, async () => {
    const { url: model, feeds, outputs } = squeezenet;
    equal(await ask(registration, { model, feeds, fetches: true }), outputs);
  });

  check(`${what} is removed`, async () => ok(await registration.unregister(), 'it was not'));
}
