// Making sessions: a model, its files and options become an instance of the wasm module.
import { createCore } from './core.js';
import { remarks, warnOnce } from './errors.js';
import { isFile } from './host.js';
import { loadModule, loadModuleNow } from './load.js';
import { createSession, mayPin } from './session-handler.js';
import { sessionOptions } from './session-options.js';
import { wantsRelaxed } from './simd.js';
import { openNow, openSource } from './source.js';
import { startThreads, threadsFor } from './threads.js';
import { atOnce, checkWanted, stepOf, takeTurn, waiting } from './turns.js';
import { readable } from './validate.js';
import { loadWorkerFile, workerFileNow } from './worker-file.js';

/** For how long loading computes before other work of this thread may go on, in milliseconds. */
const createStep = 16;

/** The compiled module that sessions of these options are made from. */
export const moduleFor = (options) =>
  loadModule({ shared: threadsFor(options) > 1, relaxed: wantsRelaxed(options) });

/**
 * Loads a model into an instance of its own.
 * @param {string | Uint8Array | Response | Request | Blob | ReadableStream} model
 * @param {import('./load.js').Compiled} [given]  the compiled module, where it need not be looked for
 */
export const createHandler = (model, options, given) =>
  waiting(creating(model, options, { ...late, ...(given && { compile: () => given }) }), options.signal);

/**
 * The same without waiting for anything: one thread, and what is at hand.
 * @param {string | Uint8Array} model
 */
export const createHandlerNow = (model, options) => atOnce(creating(model, options, now));

/** What has to be waited for, and what does instead where nobody can wait. */
const late = {
  open: openSource,
  compile: moduleFor,
  workerFile: loadWorkerFile,
  startThreads,
  takeTurn,
};
const now = { open: openNow, compile: loadModuleNow, workerFile: workerFileNow };

/**
 * Reached through an object, so that minifying does not draw them into `creating`: they live as long as the session and
 * would keep alive all its variables, and with them what the session was made of.
 */
const made = { core: createCore, session: createSession };

/** The steps of loading, which yield what may have to be waited for. */
function* creating(model, options, means) {
  const { signal, onProgress, externalData, optimizedModelFilePath } = options;
  checkWanted({ signal });
  const pairs = sessionOptions(options);
  const writesModel = typeof optimizedModelFilePath === 'string';
  const wishes = {
    optimizedModelFilePath: writesModel,
    onProgress,
    preferredOutputLocation: mayPin(options.preferredOutputLocation),
  };
  const asked = Object.keys(wishes).filter((name) => wishes[name]);
  const more = asked[0] && (yield* moreFor(means, asked, writesModel));
  const progress = onProgress && more && new more.LoadProgress(onProgress);
  /** The sources that the model is loaded from, by the location that it knows them by; its own is ''. */
  const files = new Map();
  const open = (given, path) => means.open(given, { signal, onBytes: progress?.ofDownload(path) });
  const add = (path, source) => {
    files.set(plain(path), source);
    return progress?.watch(source) ?? source;
  };
  const find = (location) => {
    const beside = () => isFile(model) && workerFileNow().openBeside(model, location);
    const found = files.get(plain(location)) ?? beside();
    if (!found) throw new Error('it is not among the files given');
    return add(location, found);
  };
  let optimized;
  let core;
  try {
    const compiled = yield means.compile(options);
    const threads = compiled.memory.shared ? threadsFor(options) : 1;
    core = made.core(compiled, find, threads, (bytes) => optimized.write(bytes));
    // What is wrong with the options is told before anything is downloaded or written.
    core.createBegin(pairs);
    if (writesModel) optimized = more.openOptimizedModel(optimizedModelFilePath);
    const starting = threads > 1 && means.startThreads(threads);
    for (const { path, data } of externalFiles(externalData)) {
      files.set(plain(path), yield open(checkData(yield data, path), path));
    }
    core.createFrom(add('', yield open(model)));
    progress?.tellLoad();
    const step = means.takeTurn ? stepOf(options, createStep) : 0;
    while (core.createStep(step)) {
      progress?.tellLoad();
      yield means.takeTurn(options);
    }
    const untold = remarks.splice(0);
    if (untold.length > 0) {
      const file = yield* moreFor(means, untold.map(([setting]) => `remarks on ${setting}`));
      file?.tellRemarks(untold);
    }
    const pool = yield starting;
    checkWanted({ signal });
    const session = made.session(core, core.createFinish(pool), options, optimized, more?.PinnedTensors);
    progress?.tellLoad(1);
    optimized?.offer();
    return session;
  } catch (error) {
    core?.dispose();
    throw error;
  } finally {
    for (const source of [...files.values(), optimized]) source?.close?.();
  }
}

/** The worker file for the options that ask for it; what only makes life easier is done without where there is none. */
function* moreFor({ workerFile }, asked, isNeeded) {
  try {
    const file = yield workerFile();
    if (!file) throw new Error('it is not loaded');
    return file;
  } catch (error) {
    const text = `the worker file is needed for ${asked.join(', ')}: ${error.message}`;
    if (isNeeded) throw new Error(text);
    warnOnce(text);
    return undefined;
  }
}

const plain = (location) => location.replace(/^(\.\/)+/, '');

/** @returns {{ path: string, data: unknown }[]} the entries of `externalData` */
export function externalFiles(files = []) {
  if (!files?.[Symbol.iterator]) throw new TypeError('options.externalData is not iterable');
  return Array.from(files, (file) => {
    const { path, data } = typeof file === 'string' ? { path: file, data: file } : (file ?? {});
    if (typeof path !== 'string') throw new TypeError("each item of 'externalData' must be a path or have a 'path'");
    return { path, data };
  });
}

export function checkData(data, path) {
  const found = readable(data);
  if (found === undefined) throw new TypeError(`externalData '${path}': 'data' must be a path, a Blob or bytes`);
  return found;
}
