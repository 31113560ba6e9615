// The runtimes that benchmarks open: ours, and a peer, which is a module with the `ort` surface, or a folder whose
// ort-web.mjs opens one (openOrtWeb({ dir, numThreads })). Both answer `open(model, feeds)`, where the model is a path
// or bytes, with { run, release }, and `run` with its milliseconds.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readInputs } from '../tools/modelfolder.mjs';

export const bundle = fileURLToPath(new URL('../js-shim/dist/ort.node.min.mjs', import.meta.url));

/** @param {object} [options]  of each session */
export async function openOurs({ runtime = bundle, threads = 1, options = {} } = {}) {
  const ort = await import(pathToFileURL(path.resolve(runtime)));
  ort.env.wasm.numThreads = threads;
  return async (model, feeds) => {
    const session = await ort.InferenceSession.create(model, { intraOpNumThreads: threads, ...options });
    const tensors = Object.fromEntries(
      Object.entries(feeds).map(([name, { type, dims, data }]) => [name, new ort.Tensor(type, data, dims)]));
    let outputs;
    const run = async () => {
      const start = performance.now();
      outputs = await session.run(tensors);
      return performance.now() - start;
    };
    return { run, outputs: () => outputs, release: () => session.release() };
  };
}

export async function openPeer(folder, { runtime = folder, threads = 1 } = {}) {
  if (fs.statSync(folder).isFile()) return openOurs({ runtime: folder, threads });
  const { openOrtWeb } = await import(pathToFileURL(path.resolve(folder, 'ort-web.mjs')));
  const peer = await openOrtWeb({ dir: runtime, numThreads: threads });
  return async (model, feeds) => {
    const session = await peer.create(typeof model === 'string' ? fs.readFileSync(model) : model);
    return { run: async () => (await peer.run(session, feeds)).ms, release: () => peer.release(session) };
  };
}

/** The models of a folder that have inputs beside them, as { name, model, feeds }; all, or those named. */
export function modelsIn(folder, wanted = []) {
  return fs.readdirSync(folder)
    .filter((file) => file.endsWith('.onnx') && fs.existsSync(path.join(folder, file.replace(/onnx$/, 'io'))))
    .map((file) => file.slice(0, -'.onnx'.length))
    .filter((name) => wanted.length === 0 || wanted.includes(name))
    .map((name) => {
      const beside = (extension) => path.join(folder, `${name}.${extension}`);
      return { name, model: beside('onnx'), feeds: readInputs(beside('io')) };
    });
}
