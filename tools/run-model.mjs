// Runs one model of a folder of models through ort.InferenceSession:
//   node run-model.mjs BUNDLE '{"model", "io", "out", "plain"}'
// Writes out/out_K.bin and prints {"outputs": [{name, type, dims}], "milliseconds", "load"}.
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { arrayOf } from './tensorproto.mjs';

const [bundle, text] = process.argv.slice(2);
const job = JSON.parse(text);
const ort = await import(pathToFileURL(bundle));

try {
  const { inputs } = JSON.parse(fs.readFileSync(`${job.io}/meta.json`));
  const feeds = {};
  inputs.forEach(({ name, type, dims }, k) => {
    const bytes = fs.readFileSync(`${job.io}/in_${k}.bin`);
    const data = new (arrayOf(type))(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    feeds[name] = new ort.Tensor(type, data, dims);
  });
  const start = performance.now();
  const session = await ort.InferenceSession.create(
    job.model, { graphOptimizationLevel: job.plain ? 'disabled' : 'all' });
  const loaded = performance.now();
  const results = await session.run(feeds);
  const done = performance.now();
  const outputs = Object.entries(results).map(([name, { type, dims, data }], k) => {
    fs.writeFileSync(`${job.out}/out_${k}.bin`, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return { name, type, dims };
  });
  await session.release();
  console.log(JSON.stringify({ outputs, milliseconds: done - loaded, load: loaded - start }));
  process.exit(0);
} catch (error) {
  console.error(error?.message ?? error);
  process.exit(1);
}
