// What threads bring: the same session options with one thread and with several, by turns in one process.
//   node threads.mjs --models DIR [--threads 2] [--pairs 5] [--seconds 1] [--least 1.7] [NAME...]
// A row shows the best run with one thread, the best with several, and the ratio. Results must be the same bytes; with
// --least a lower ratio than that fails.
import { parseArgs } from 'node:util';
import { modelsIn, openOurs } from './runtimes.mjs';

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: 'string' },
    threads: { type: 'string', default: '2' },
    pairs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    least: { type: 'string', default: '0' },
  },
});
const threads = Number(given.threads);
const openOne = await openOurs();
const openSeveral = await openOurs({ threads });

async function best(session) {
  let least = Infinity;
  for (const from = performance.now(); performance.now() - from < 1000 * Number(given.seconds);) {
    least = Math.min(least, await session.run());
  }
  return least;
}

const bytesOf = ({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

console.log(`Node ${process.version}: best milliseconds with 1 and with ${threads} threads`);
for (const { name, model, feeds } of modelsIn(given.models, positionals)) {
  const one = await openOne(model, feeds);
  const several = await openSeveral(model, feeds);
  let [a, b] = [Infinity, Infinity];
  for (let pair = 0; pair <= Number(given.pairs); pair++) {
    const [x, y] = [await best(one), await best(several)];
    // The first pair warms up.
    if (pair > 0) [a, b] = [Math.min(a, x), Math.min(b, y)];
  }
  const others = Object.values(several.outputs());
  const isSame = Object.values(one.outputs()).every((tensor, i) => bytesOf(tensor).equals(bytesOf(others[i])));
  const isFast = a / b >= Number(given.least);
  const verdict = `${isSame ? 'same bytes' : 'OTHER BYTES'}${isFast ? '' : `, BELOW ${given.least}`}`;
  const times = [a, b].map((ms) => ms.toFixed(2).padStart(9)).join(' ');
  console.log(`${name.padEnd(20)} ${times}  ${(a / b).toFixed(2)}  ${verdict}`);
  if (!isSame || !isFast) process.exitCode = 1;
  await Promise.all([one.release(), several.release()]);
}
