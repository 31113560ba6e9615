import { checkFlags, checkTensor } from './debug.js';
import { openBeside, openFile } from './files.js';
import { readImage } from './from-image.js';
import { openOptimizedModel } from './optimized-model.js';
import { PinnedTensors } from './pinned.js';
import { PoolMember, startWorkers, workers } from './pool.js';
import { LoadProgress } from './progress.js';
import { createProxyHandler } from './proxy.js';
import { tellRemarks } from './remarks.js';

/**
 * What the worker file has for the script that imports it: what few programs need, or what takes files or threads. One
 * object, so that the build can shorten the names.
 */
export const onDemand = {
  checkFlags,
  checkTensor,
  createProxyHandler,
  LoadProgress,
  openBeside,
  openFile,
  openOptimizedModel,
  PinnedTensors,
  PoolMember,
  readImage,
  startWorkers,
  tellRemarks,
  workers,
};
