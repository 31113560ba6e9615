// Ranks sentences by how near their meaning is to a question:
//   node rank.mjs --model M.onnx --vocabulary vocab.txt [--runtime ort.node.min.mjs] [--sentences FILE] [--save DIR]
//                 [QUESTION]
// --save writes what the model was given and what it answered, for a comparison with other runtimes.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { writeTensors } from '../../tools/modelfolder.mjs';
import { Tokenizer } from './tokenizer.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string' },
    vocabulary: { type: 'string' },
    runtime: { type: 'string', default: path.join(here, '../../js-shim/dist/ort.node.min.mjs') },
    sentences: { type: 'string', default: path.join(here, 'sentences.txt') },
    save: { type: 'string' },
  },
});
const question = positionals[0] ?? 'How do I get my money back?';
const sentences = fs.readFileSync(given.sentences, 'utf8').split('\n').filter((line) => line.trim() !== '');

const tokenizer = new Tokenizer(fs.readFileSync(given.vocabulary, 'utf8'));
const { ids, mask, types, dims } = tokenizer.batch([question, ...sentences]);

const ort = await import(pathToFileURL(path.resolve(given.runtime)));
const timed = async (work) => {
  const start = performance.now();
  return [await work(), performance.now() - start];
};
const [session, load] = await timed(() => ort.InferenceSession.create(given.model));
const feeds = {
  input_ids: new ort.Tensor('int64', ids, dims),
  attention_mask: new ort.Tensor('int64', mask, dims),
  token_type_ids: new ort.Tensor('int64', types, dims),
};
const [, first] = await timed(() => session.run(feeds));
const [results, again] = await timed(() => session.run(feeds));
const { data, dims: [, size] } = results.sentence_embedding;

// The vectors have length 1, so the cosine of two is their product.
const vector = (i) => data.subarray(i * size, (i + 1) * size);
const cosine = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
const ranking = sentences
  .map((text, i) => ({ text, score: cosine(vector(0), vector(i + 1)) }))
  .sort((a, b) => b.score - a.score);

console.log(`\n  ${question}\n`);
for (const { text, score } of ranking) {
  const bar = '#'.repeat(Math.max(0, Math.round(score * 20)));
  console.log(`  ${score.toFixed(4).padStart(7)}  ${bar.padEnd(15)} ${text}`);
}
console.log(`\n  ${dims[0]} texts of ${dims[1]} tokens in Node ${process.version}: load ${load.toFixed(0)} ms, ` +
  `first run ${first.toFixed(0)} ms, second run ${again.toFixed(0)} ms`);

if (given.save) {
  const io = path.join(given.save, 'rank.io');
  const meta = { inputs: writeTensors(io, 'in', feeds), outputs: writeTensors(io, 'out', results) };
  fs.writeFileSync(path.join(io, 'meta.json'), JSON.stringify(meta));
}
await session.release();
