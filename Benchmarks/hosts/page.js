// The benchmark's page, see chromium.mjs: does the job that stands in it, and reports the answer as JSON.
import { check, ok } from '/support/check.js';
import { arrayOf } from '../../tools/tensorproto.mjs';
import * as jobs from '../jobs.mjs';
import { openDriver, openOrt } from '../ort.mjs';
import { files } from './builtins.js';

const { kind, model, peer, threads = 1, simd, ...settings } = JSON.parse(document.getElementById('job').textContent);

const fetched = async (address) => {
  const response = await fetch(address);
  ok(response.ok, `${address}: status ${response.status}`);
  return response.arrayBuffer();
};

/** As tools/modelfolder.mjs reads them. */
async function readInputs(io) {
  const { inputs } = JSON.parse(new TextDecoder().decode(await fetched(`${io}/meta.json`)));
  const entries = inputs.map(async ({ name, type, dims }, k) =>
    [name, { type, dims, data: new (arrayOf(type))(await fetched(`${io}/in_${k}.bin`)) }]);
  return Object.fromEntries(await Promise.all(entries));
}

async function load(side) {
  if (side !== 'peer') {
    return openOrt(await import('/dist/ort.min.mjs'), { simd, threads: side === 'one' ? 1 : threads });
  }
  for (const name of peer.wasm) files.set(peer.folder + name, new Uint8Array(await fetched(peer.folder + name)));
  const module = await import(peer.folder + peer.file);
  return peer.isDriver ? openDriver(module, peer.folder, threads) : openOrt(module, { threads });
}

check(kind, async () => {
  ok(crossOriginIsolated, 'the page must be isolated');
  if (kind === 'empty') return '{}';
  const feeds = await readInputs(model.replace(/onnx$/, 'io'));
  return JSON.stringify(await jobs[kind](load, { model: new Uint8Array(await fetched(model)), feeds, ...settings }));
});
