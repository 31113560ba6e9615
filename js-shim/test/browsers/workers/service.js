importScripts('/support/answer.js', '/dist/ort.min.js');

ort.env.wasm.wasmPaths = '/dist/';
addEventListener('install', () => skipWaiting());
addEventListener('message', async ({ data: { model, feeds, fetches }, ports: [port] }) => {
  try {
    const bytes = fetches && (await (await fetch(model)).arrayBuffer());
    port.postMessage(await answer(ort, bytes || model, feeds));
  } catch (error) {
    port.postMessage({ error: error.message });
  }
});
