importScripts('/support/answer.js', '/workers/serve.js', '/dist/ort.min.js');

serveWorker(ort);
