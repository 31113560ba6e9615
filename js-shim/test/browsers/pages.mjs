// THE LIST of pages: a row is a file of pages/ with the headers it is served under. Whatever else is fetched while a page
// is open (workers, bundles, models) comes with the same headers.

export const isolated = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
const strict = {
  'content-security-policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'",
};
const scriptTag = '<script src="/dist/ort.min.js"></script>';
const importMap = '<script type="importmap">{ "imports": { "onnxruntime-web": "/dist/ort.min.mjs" } }</script>';

/**
 * @typedef {object} Page
 * @property {string} file  in pages/, without .js
 * @property {string} [as]  what is special about this row
 * @property {Record<string, string>} [headers]
 * @property {string} [head]  markup before the page's script
 */

/** @type {Page[]} */
export const pages = [
  { file: 'module' },
  { file: 'module', as: 'isolated', headers: isolated },
  { file: 'module', as: 'strict', headers: strict },
  { file: 'module', as: 'isolated, strict', headers: { ...isolated, ...strict } },
  { file: 'create' },
  { file: 'create', as: 'isolated, strict', headers: { ...isolated, ...strict } },
  { file: 'script', head: scriptTag },
  { file: 'script', as: 'isolated, strict', head: scriptTag, headers: { ...isolated, ...strict } },
  { file: 'two-copies', head: scriptTag },
  { file: 'import-map', head: importMap },
  { file: 'bundled' },
  { file: 'bundled', as: 'isolated', headers: isolated },
  { file: 'threads' },
  { file: 'threads', as: 'isolated', headers: isolated },
  { file: 'threads', as: 'isolated, strict', headers: { ...isolated, ...strict } },
  { file: 'proxy' },
  { file: 'proxy', as: 'isolated', headers: isolated },
  { file: 'proxy', as: 'isolated, strict', headers: { ...isolated, ...strict } },
  { file: 'workers' },
  { file: 'workers', as: 'isolated, strict', headers: { ...isolated, ...strict } },
  { file: 'service-worker' },
  { file: 'service-worker', as: 'isolated, strict', headers: { ...isolated, ...strict } },
  { file: 'audio-worklet' },
  { file: 'audio-worklet', as: 'isolated, strict', headers: { ...isolated, ...strict } },
  { file: 'images' },
  { file: 'images', as: 'isolated', headers: isolated },
  { file: 'wasm-elsewhere' },
  { file: 'wasm-elsewhere', as: 'isolated', headers: isolated },
  { file: 'wasm-mistaken' },
];
