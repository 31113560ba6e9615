importScripts('/support/answer.js', '/dist/ort.min.js');

addEventListener('message', async ({ data: { model, feeds, wasmPaths } }) => {
  ort.env.wasm.wasmPaths = wasmPaths;
  postMessage(await answer(ort, model, feeds).catch((error) => ({ error: error.message })));
});
