import '../support/answer.js';
import './serve.js';
import * as ort from '/dist/ort.min.mjs';

serveServiceWorker(ort);
