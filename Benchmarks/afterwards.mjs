// Whether worker threads help at once after a release: how much faster two threads are than one, in a process that has
// just let go of other sessions, and in a fresh one.
//   node afterwards.mjs --models DIR [--before resnet50,vit_tiny] [--rounds 5] [--check] [NAME]
// A session of each model of `before` is made with two threads, run and released; then NAME (minilm) is made, without
// waiting for the release, and run for a second, and then on one thread. Each figure is the median over rounds, in
// which both take turns. With --check the speed-up after a release must be within 10 % of the fresh one.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundle, modelsIn, openOurs } from './runtimes.mjs';
import { median } from './statistics.mjs';

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: 'string' },
    runtime: { type: 'string', default: bundle },
    before: { type: 'string', default: 'resnet50,vit_tiny' },
    rounds: { type: 'string', default: '5' },
    check: { type: 'boolean', default: false },
    // What a child process does.
    child: { type: 'string' },
  },
});
const [name = 'minilm'] = positionals;

if (given.child) {
  const { runtime } = given;
  const [openOne, openTwo] = [await openOurs({ runtime }), await openOurs({ runtime, threads: 2 })];
  const made = [];
  for (const { model, feeds } of given.child === 'after' ? modelsIn(given.models, given.before.split(',')) : []) {
    made.push(await openTwo(model, feeds));
    await made.at(-1).run();
  }
  const released = Promise.all(made.map((session) => session.release()));
  const [{ model, feeds }] = modelsIn(given.models, [name]);
  const milliseconds = async (open) => {
    const session = await open(model, feeds);
    const runs = [];
    for (const from = performance.now(); performance.now() - from < 1000; ) runs.push(await session.run());
    await session.release();
    return median(runs);
  };
  const two = await milliseconds(openTwo);
  await released;
  console.log((await milliseconds(openOne)) / two);
  process.exit();
}

const child = (kind) => {
  const words = ['--models', given.models, '--runtime', given.runtime, '--before', given.before, '--child', kind, name];
  return Number(execFileSync(process.execPath, [fileURLToPath(import.meta.url), ...words], { encoding: 'utf8' }));
};
const seen = { fresh: [], after: [] };
for (let round = 0; round < Number(given.rounds); round++) {
  for (const kind of Object.keys(seen)) seen[kind].push(child(kind));
}
const [fresh, after] = [median(seen.fresh), median(seen.after)];
console.log(
  `Node ${process.version}, ${name}: two threads are ${fresh.toFixed(2)} times as fast as one, ` +
    `right after a release ${after.toFixed(2)}; after/fresh ${(after / fresh).toFixed(2)}`);
if (given.check && after < 0.9 * fresh) process.exit(1);
