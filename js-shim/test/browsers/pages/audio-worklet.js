// Inside an AudioWorklet, by an OfflineAudioContext, so that no sound device is needed.
import { check, equal, nextMessage, ok, testCase } from '../support/check.js';

const small = await testCase('small');
const wasmBinary = await fetch('/dist/ort-wasm-simd-threaded.wasm').then((response) => response.arrayBuffer());
const wasmModule = await WebAssembly.compile(wasmBinary);

async function ask(processorOptions) {
  const context = new OfflineAudioContext(1, 48000, 48000);
  await context.audioWorklet.addModule('/workers/audio.js');
  const node = new AudioWorkletNode(context, 'answering', { processorOptions });
  const reply = nextMessage(node.port);
  node.connect(context.destination);
  const rendered = context.startRendering();
  const result = await reply;
  await rendered;
  return result;
}

for (const [what, wasm] of Object.entries({ bytes: { wasmBinary }, 'a compiled module': { wasmModule } })) {
  check(`the wasm file as ${what}: create, run`, async () => {
    const { outputs, lacking } = await ask({ wasm, model: small.bytes, feeds: small.feeds });
    equal(outputs, small.outputs);
    ok(lacking.includes('fetch'), 'this is no AudioWorklet');
  });
}
