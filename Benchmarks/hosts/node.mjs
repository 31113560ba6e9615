// The benchmark in this Node: node node.mjs JOB prints one line of JSON, which is { error } where the job fails. See
// jobs.mjs; a job is JSON of
//   { kind: 'turns' | 'fresh' | 'cold' | 'empty' | 'about', model, sides, threads, simd, peer, pairs, seconds }
// where `model` is the path of NAME.onnx, beside NAME.io/.
import fs from 'node:fs';
import { readInputs } from '../../tools/modelfolder.mjs';
import * as jobs from '../jobs.mjs';
import { openOurs, openPeer, peerAt } from '../runtimes.mjs';

const { kind, model, peer, threads = 1, simd, ...settings } = JSON.parse(process.argv[2]);

const load = (side) =>
  (side === 'peer' ? openPeer(peer, { threads }) : openOurs({ simd, threads: side === 'one' ? 1 : threads }));

/** The high-water mark in MB. Of this process alone: what rusage tells begins with that of the parent. */
const memory = () => Number(/VmHWM:\s*(\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;

async function about() {
  if (!peer) return { version: process.versions.node };
  const { folder, file, isDriver } = peerAt(peer, 'node');
  const { env } = isDriver ? {} : await import(`${folder}/${file}`);
  return { version: process.versions.node, peer: env?.versions?.web ?? env?.versions?.common ?? null };
}

async function answer() {
  if (kind === 'about') return about();
  if (kind === 'empty') return { memory: memory() };
  const bytes = new Uint8Array(fs.readFileSync(model));
  const feeds = readInputs(model.replace(/onnx$/, 'io'));
  const result = await jobs[kind](load, { model: bytes, feeds, ...settings });
  return kind === 'fresh' ? { ...result, memory: memory() } : result;
}

console.log(JSON.stringify(await answer().catch((error) => ({ error: String(error?.message ?? error) }))));
process.exit();
