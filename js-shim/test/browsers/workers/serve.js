// What workers of either kind do with the messages of a page. A plain script that also serves as a module.

/** Runs the model of each message, and posts the outputs and how many threads there are. */
globalThis.serveWorker = (ort) =>
  addEventListener('message', async ({ data: { model, feeds, flags } }) => {
    Object.assign(ort.env.wasm, flags);
    try {
      const outputs = await answer(ort, model, feeds);
      postMessage({ outputs, numThreads: ort.env.wasm.numThreads });
    } catch (error) {
      postMessage({ error: error.message });
    }
  });

/** The same in a service worker, which may fetch the model and answers to a port. */
globalThis.serveServiceWorker = (ort) => {
  addEventListener('install', () => skipWaiting());
  addEventListener('message', async ({ data: { model, feeds, fetches }, ports: [port] }) => {
    try {
      const bytes = fetches && (await (await fetch(model)).arrayBuffer());
      port.postMessage(await answer(ort, bytes || model, feeds));
    } catch (error) {
      port.postMessage({ error: error.message });
    }
  });
};
