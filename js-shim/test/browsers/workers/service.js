importScripts('/support/answer.js', '/workers/serve.js', '/dist/ort.min.js');

ort.env.wasm.wasmPaths = '/dist/';
serveServiceWorker(ort);
