// What the worker file has for the script that imports it: what few programs need, or what takes files or threads.
export { build } from './build.js';
export { checkFlags, checkTensor } from './debug.js';
export { openBeside, openFile } from './files.js';
export { fromImage } from './from-image.js';
export { offerDownload, openOptimizedModel } from './optimized-model.js';
export { PinnedTensors } from './pinned.js';
export { PoolMember, startWorkers, workers } from './pool.js';
export { LoadProgress } from './progress.js';
export { createProxyHandler } from './proxy.js';
