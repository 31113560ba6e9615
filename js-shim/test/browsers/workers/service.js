importScripts('/support/answer.js', '/dist/ort.min.js');

ort.env.wasm.wasmPaths = '/dist/';
addEventListener('install', () => skipWaiting());
addEventListener('message', ({ data: { model, feeds, fetches }, ports: [port] }) => {
  const bytes = fetches ? fetch(model).then((response) => response.arrayBuffer()) : Promise.resolve(model);
  const reply = bytes.then((bytes) => answer(ort, bytes, feeds)).catch((error) => ({ error: error.message }));
  reply.then((result) => port.postMessage(result));
});
