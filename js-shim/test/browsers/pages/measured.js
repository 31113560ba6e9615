// What threads bring, and whether the page stays free, with models of a real size.
import { check, equal, freshCopy, ok, testCase } from '../support/check.js';

const ort = await freshCopy();

async function open(name, { threads = 1, proxy = false } = {}) {
  const { url, feeds } = await testCase(name);
  ort.env.wasm.proxy = proxy;
  const session = await ort.InferenceSession.create(url, { intraOpNumThreads: threads });
  const tensors = tensorsOf(ort, feeds);
  const run = async () => {
    const begun = performance.now();
    const outputs = await session.run(tensors);
    return { milliseconds: performance.now() - begun, outputs };
  };
  return { run, release: () => session.release() };
}

/** The best of the runs of a second. */
async function best(run) {
  let least = Infinity;
  for (const begun = performance.now(); performance.now() - begun < 1000; ) {
    least = Math.min(least, (await run()).milliseconds);
  }
  return least;
}

for (const name of ['resnet50', 'minilm']) {
  check(`${name}: two threads are 1.7 times as fast as one, with the same bytes`, async () => {
    const [one, two] = [await open(name), await open(name, { threads: 2 })];
    equal(plainOf((await two.run()).outputs), plainOf((await one.run()).outputs));
    let [a, b] = [Infinity, Infinity];
    for (let pair = 0; pair < 3; pair++) [a, b] = [Math.min(a, await best(one.run)), Math.min(b, await best(two.run))];
    await Promise.all([one.release(), two.release()]);
    const told = `${a.toFixed(1)} and ${b.toFixed(1)} ms, ${(a / b).toFixed(2)} times`;
    ok(a / b >= 1.7, told);
    return told;
  });
}

check('resnet50 with a proxy: no timer of the page is late by more than 50 ms', async () => {
  const session = await open('resnet50', { proxy: true });
  let [latest, due] = [0, performance.now() + 5];
  const timer = setInterval(() => {
    latest = Math.max(latest, performance.now() - due);
    due = performance.now() + 5;
  }, 5);
  for (let i = 0; i < 5; i++) await session.run();
  clearInterval(timer);
  await session.release();
  ok(latest <= 50, `${latest.toFixed(0)} ms`);
  return `${latest.toFixed(0)} ms at most`;
});
