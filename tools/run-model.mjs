// Runs one model of a folder of models through ort.InferenceSession:
//   node run-model.mjs BUNDLE '{"model", "io", "out", "plain"}'
// Writes out/out_K.bin and prints {"outputs": [{name, type, dims}], "milliseconds", "load"}.
import { pathToFileURL } from 'node:url';
import { readInputs, writeTensors } from './modelfolder.mjs';

const [bundle, text] = process.argv.slice(2);
const job = JSON.parse(text);
const ort = await import(pathToFileURL(bundle));

try {
  const feeds = Object.fromEntries(
    Object.entries(readInputs(job.io)).map(([name, { type, dims, data }]) => [name, new ort.Tensor(type, data, dims)]));
  const start = performance.now();
  const session = await ort.InferenceSession.create(
    job.model, { graphOptimizationLevel: job.plain ? 'disabled' : 'all' });
  const loaded = performance.now();
  const results = await session.run(feeds);
  const done = performance.now();
  const outputs = writeTensors(job.out, 'out', results);
  await session.release();
  console.log(JSON.stringify({ outputs, milliseconds: done - loaded, load: loaded - start }));
  process.exit(0);
} catch (error) {
  console.error(error?.message ?? error);
  process.exit(1);
}
