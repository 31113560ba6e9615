// How long this thread is kept from its timers while models are created and run, and how soon a run can be stopped.
//   node responsive.mjs --models DIR [--check] [NAME...]
// For each model, here and with env.wasm.proxy: the latest timer while it is created; the latest while it runs (here
// with yieldEveryMs: 16); and the milliseconds from an abort, 20 ms into the run, until the run has settled. With --check
// a timer must not be later than 50 ms, and an abort must settle within 100 ms.
import { pathToFileURL } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { bundle, modelsIn } from './runtimes.mjs';

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: { models: { type: 'string' }, check: { type: 'boolean', default: false } },
});
const ort = await import(pathToFileURL(bundle));
ort.env.wasm.numThreads = 1;

/** By how many milliseconds a timer was late at most while `act` ran. */
async function lateness(act) {
  const interval = 5;
  let [latest, due] = [0, performance.now() + interval];
  const timer = setInterval(() => {
    latest = Math.max(latest, performance.now() - due);
    due = performance.now() + interval;
  }, interval);
  const answer = await act();
  await delay(2 * interval);
  clearInterval(timer);
  return [latest, answer];
}

async function abortAfter(milliseconds, run) {
  const stop = new AbortController();
  const pending = run(stop.signal).then(() => false, (reason) => reason === stop.signal.reason);
  await delay(milliseconds);
  const asked = performance.now();
  stop.abort(new Error('stopped'));
  const isAborted = await pending;
  return isAborted ? performance.now() - asked : NaN;
}

console.log(`Node ${process.version}: latest timer while creating and running, and abort to settled, in ms`);
for (const { name, model, feeds } of modelsIn(given.models, positionals)) {
  for (const proxy of [false, true]) {
    ort.env.wasm.proxy = proxy;
    const [creating, session] = await lateness(() => ort.InferenceSession.create(model));
    const tensors = Object.fromEntries(
      Object.entries(feeds).map(([input, { type, dims, data }]) => [input, new ort.Tensor(type, data, dims)]));
    await session.run(tensors);
    const [running] = await lateness(() => session.run(tensors, { yieldEveryMs: 16 }));
    const abort = await abortAfter(20, (signal) => session.run(tensors, { signal }));
    await session.release();
    const cells = [creating, running, abort].map((ms) => (Number.isNaN(ms) ? 'done' : ms.toFixed(0)).padStart(6));
    console.log(`${name.padEnd(20)} ${proxy ? 'proxy' : 'here '} ${cells.join(' ')}`);
    if (given.check && !(creating <= 50 && running <= 50 && !(abort > 100))) process.exitCode = 1;
  }
}
process.exit();
