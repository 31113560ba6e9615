import '../support/answer.js';
import * as ort from '/dist/ort.min.mjs';

addEventListener('install', () => skipWaiting());
addEventListener('message', async ({ data: { model, feeds, fetches }, ports: [port] }) => {
  try {
    const bytes = fetches && (await (await fetch(model)).arrayBuffer());
    port.postMessage(await answer(ort, bytes || model, feeds));
  } catch (error) {
    port.postMessage({ error: error.message });
  }
});
