// Inside an AudioWorklet, by an OfflineAudioContext, so that no sound device is needed.
import { check, equal, nextMessage, ok, rejects, testCase } from '../support/check.js';

const small = await testCase('small');
const halve = await testCase('halve');
const wasmBinary = await fetch('/dist/ort-wasm-simd-threaded.wasm').then((response) => response.arrayBuffer());
const wasmModule = await WebAssembly.compile(wasmBinary);

/** A second of noise. */
const samples = Float32Array.from({ length: 48_000 }, (_, i) => Math.sin(i * i));

/** What a processor of that name says first, and what it makes of the samples. */
async function render(processor, processorOptions) {
  const context = new OfflineAudioContext(1, samples.length, samples.length);
  await context.audioWorklet.addModule('/workers/audio.js');
  const node = new AudioWorkletNode(context, processor, { processorOptions });
  const reply = nextMessage(node.port);
  const buffer = context.createBuffer(1, samples.length, samples.length);
  buffer.copyToChannel(samples, 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  source.connect(node).connect(context.destination);
  source.start();
  const rendered = context.startRendering();
  return { ...(await reply), heard: (await rendered).getChannelData(0) };
}

for (const [what, wasm] of Object.entries({ bytes: { wasmBinary }, 'a compiled module': { wasmModule } })) {
  check(`the wasm file as ${what}: create, run`, async () => {
    const { outputs, hasFetch } = await render('answering', { wasm, model: small.bytes, feeds: small.feeds });
    equal(outputs, small.outputs);
    ok(!hasFetch, 'this is no AudioWorklet');
  });

  check(`the wasm file as ${what}: createSync, runSync on every block of a second`, async () => {
    const { heard } = await render('filtering', { wasm, model: halve.bytes });
    const different = heard.findIndex((sample, i) => sample !== samples[i] / 2);
    equal(different, -1, 'the first sample that is not half of what went in');
  });
}

check('createSync of what is no model says so', () =>
  rejects(render('filtering', { wasm: { wasmModule }, model: new Uint8Array(8) }), /^\[ERROR_CODE: \d+\] /));

check('createSync without a wasm file says what it needs', () =>
  rejects(render('filtering', { wasm: {}, model: halve.bytes }), 'no wasm file could be loaded'));
