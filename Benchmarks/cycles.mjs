// Whether memory comes back: create, run and release a model over and over, without any help for the collector.
//   node cycles.mjs --models DIR [--threads 1] [--cycles 200] [--peer DIR] [--check] NAME
// Tells the resident memory of the process with one live session, after the tenth cycle, after the last, and at its
// highest. With --check the last must be at most 1.2 times the tenth, and the highest 4 times that of one session.
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { modelsIn, openOurs, openPeer } from './runtimes.mjs';

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: 'string' },
    threads: { type: 'string', default: '1' },
    cycles: { type: 'string', default: '200' },
    peer: { type: 'string' },
    check: { type: 'boolean', default: false },
  },
});
const threads = Number(given.threads);
const [{ name, model, feeds }] = modelsIn(given.models, positionals);
const open = given.peer ? await openPeer(given.peer, { threads }) : await openOurs({ threads });

const resident = () => process.memoryUsage().rss / 1e6;
/** The same when threads of the engine have given back what they collected: the least of half a second. */
async function settled() {
  let least = resident();
  for (let i = 0; i < 10; i++) {
    await delay(50);
    least = Math.min(least, resident());
  }
  return least;
}

const seen = { highest: 0 };
for (let cycle = 1; cycle <= Number(given.cycles); cycle++) {
  const session = await open(model, feeds);
  await session.run();
  seen.one ??= resident();
  seen.highest = Math.max(seen.highest, resident());
  await session.release();
  if (cycle === 10) seen.tenth = await settled();
}
seen.last = await settled();
const [growth, excess] = [seen.last / seen.tenth, seen.highest / seen.one];
const megabytes = (key) => `${key} ${seen[key].toFixed(0)}`;
console.log(
  `Node ${process.version}, ${given.peer ? 'peer' : 'ours'}, ${name}, ${threads} threads, ${given.cycles} cycles, ` +
    `MB: ${['one', 'tenth', 'last', 'highest'].map(megabytes).join(', ')}; ` +
    `last/tenth ${growth.toFixed(2)}, highest/one ${excess.toFixed(2)}`);
if (given.check && (growth > 1.2 || excess > 4)) process.exit(1);
process.exit();
