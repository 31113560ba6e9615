// Inside a service worker, which may import nothing late and answers over a message channel.
import { check, equal, nextMessage, ok, testCase } from '../support/check.js';

const small = await testCase('small');
const squeezenet = await testCase('squeezenet');
let registration;

async function activated() {
  const worker = registration.installing ?? registration.waiting ?? registration.active;
  if (worker.state !== 'activated') {
    await new Promise((resolve, reject) =>
      worker.addEventListener('statechange', () => {
        if (worker.state === 'activated') resolve();
        if (worker.state === 'redundant') reject(new Error('the service worker was thrown away'));
      }),
    );
  }
  return worker;
}

async function ask(message) {
  const worker = await activated();
  const { port1, port2 } = new MessageChannel();
  const reply = nextMessage(port1);
  worker.postMessage(message, [port2]);
  return reply;
}

check('it is installed', async () => {
  registration = await navigator.serviceWorker.register('/workers/service.js', { scope: '/workers/none/' });
  equal((await activated()).state, 'activated');
});

check('create from bytes, run', async () => {
  const { bytes: model, feeds, outputs } = small;
  equal(await ask({ model, feeds }), outputs);
});

check('create from what it fetches, run', async () => {
  const { url: model, feeds, outputs } = squeezenet;
  equal(await ask({ model, feeds, fetches: true }), outputs);
});

check('create from an address, run', async () => {
  const { url: model, feeds, outputs } = squeezenet;
  equal(await ask({ model, feeds }), outputs);
});

check('it is removed', async () => ok(await registration.unregister(), 'it was not'));
