importScripts('/support/answer.js', '/dist/ort.min.js');

addEventListener('message', async ({ data: { model, feeds, flags } }) => {
  Object.assign(ort.env.wasm, flags);
  try {
    const outputs = await answer(ort, model, feeds);
    postMessage({ outputs, numThreads: ort.env.wasm.numThreads });
  } catch (error) {
    postMessage({ error: error.message });
  }
});
