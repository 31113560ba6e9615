/**
 * Names of properties that no program outside these scripts ever sees: build.mjs gives each of them a short one, the
 * same in all files of a build, since the script and the worker file hand objects to each other. A name that is public,
 * or that any built-in object has, must not be among them; names.test.js holds the list to that.
 */
export const internalNames = `
  byteCount u32 f64 elements bits arrayName
  createBegin createFrom createStep createFinish runBegin runStep runFinish runEnd
  shareable allocateBytes allocated viewOf
  onBytes ofDownload tellLoad isIntermediate isRaw
  takeTurn workerFile createInferenceSessionHandlerSync address failure
  checkFlags checkTensor createProxyHandler LoadProgress openBeside openFile openOptimizedModel
  PinnedTensors PoolMember readImage startThreads startWorkers tellRemarks
`.trim().split(/\s+/);
