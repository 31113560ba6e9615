// Answers tools/errors.py: reads jobs [{model, feeds, alive}] and prints [{status, said}]. A job that must fail and
// does has status 1, one that succeeds 0; where `alive`, the session must then still answer to right inputs, else 2.
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { arrayOf } from './tensorproto.mjs';

const ort = await import(pathToFileURL(process.argv[2]));
const describe = (error) => `${error?.name}: ${error?.message ?? error}`;

async function answer({ model, feeds, alive }) {
  let session;
  try {
    session = await ort.InferenceSession.create(model);
    await session.run(Object.fromEntries(Object.entries(feeds).map(
      ([name, { type, dims, data }]) => [name, new ort.Tensor(type, arrayOf(type).from(data), dims)])));
    return { status: 0, said: '' };
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return { status: 134, said: `wasm trap: ${describe(error)}` };
    const said = describe(error);
    if (!alive) return { status: 1, said };
    try {
      const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.of(1, 2, 3, -4), [1, 4]) });
      if (String(y.data) === '1,2,3') return { status: 1, said };
      return { status: 2, said: `${said}; afterwards the session answers ${y.data}` };
    } catch (after) {
      return { status: 2, said: `${said}; afterwards the session says ${describe(after)}` };
    }
  }
}

const answers = [];
for (const job of JSON.parse(fs.readFileSync(0, 'utf8'))) answers.push(await answer(job));
process.stdout.write(JSON.stringify(answers));
