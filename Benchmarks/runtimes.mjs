// The runtimes that benchmarks in Node open: ours, and a peer. Both answer `open(model, feeds)`, see ort.mjs.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readInputs } from '../tools/modelfolder.mjs';
import { openDriver, openOrt } from './ort.mjs';

export const bundle = fileURLToPath(new URL('../js-shim/dist/ort.node.min.mjs', import.meta.url));

/** @param {{ runtime?: string, threads?: number, simd?: 'relaxed', options?: object }} [settings] */
export async function openOurs({ runtime = bundle, ...settings } = {}) {
  return openOrt(await import(pathToFileURL(path.resolve(runtime))), settings);
}

/**
 * The module of a peer: a file with the `ort` surface, or what is found in a folder, also in its dist/. That is a
 * driver (see ort.mjs), or the bundle for this host.
 * @param {'node' | 'page'} host
 * @returns {{ folder: string, file: string, isDriver: boolean }}
 */
export function peerAt(given, host) {
  const there = path.resolve(given);
  if (fs.statSync(there).isFile()) return { folder: path.dirname(there), file: path.basename(there), isDriver: false };
  const bundles = ['ort.wasm.min.mjs', 'ort.wasm.bundle.min.mjs', 'ort.min.mjs', 'ort.bundle.min.mjs'];
  const wanted = ['ort-web.mjs', ...(host === 'node' ? ['ort.node.min.mjs'] : []), ...bundles];
  for (const folder of [there, path.join(there, 'dist')]) {
    const file = wanted.find((name) => fs.existsSync(path.join(folder, name)));
    if (file) return { folder, file, isDriver: file === 'ort-web.mjs' };
  }
  throw new Error(`PEER must be a module, or a folder with one of ${wanted.join(', ')}; got ${given}`);
}

export async function openPeer(given, { threads = 1 } = {}) {
  const { folder, file, isDriver } = peerAt(given, 'node');
  const module = await import(pathToFileURL(path.join(folder, file)));
  if (!isDriver) return openOrt(module.default?.InferenceSession ? module.default : module, { threads });
  const open = await openDriver(module, folder, threads);
  return (model, feeds) => open(typeof model === 'string' ? fs.readFileSync(model) : model, feeds);
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
