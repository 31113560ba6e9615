import '../support/answer.js';
import * as ort from '/dist/ort.min.mjs';

addEventListener('message', async ({ data: { model, feeds } }) => {
  postMessage(await answer(ort, model, feeds).catch((error) => ({ error: error.message })));
});
