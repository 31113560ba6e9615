// The worker that sessions live in for `env.wasm.proxy`; proxy.js is the other side and says what crosses.
import { env } from './env.js';
import { buffersOf, plainError, plainValues } from './proxy-values.js';
import { createHandler } from './create-handler.js';

/**
 * @param {object} greeting
 * @param {{ postMessage: (message: object, transfer?: Transferable[]) => void }} port
 * @returns {(request: object) => void} handles what the page posts
 */
export function serveSessions(greeting, port) {
  /** By the number of the request that made them. */
  const sessions = new Map();
  /** How to stop the requests that can be stopped. */
  const stops = new Map();

  const acts = {
    async create({ id, model, options, compiled, settings }) {
      Object.assign(env, settings);
      /** The paths of what arrived at the page, which told so itself. */
      const arrived = new Set();
      const opened = (data, path) => {
        if (!data.blocks) return data;
        arrived.add(path);
        return streamOf(data.blocks);
      };
      const tell = (progress) => {
        if (progress.phase !== 'download' || !arrived.has(progress.path)) port.postMessage({ id, progress });
      };
      const here = {
        ...watched(id, options),
        externalData: options.externalData.map(({ path, data }) => ({ path, data: opened(data, path) })),
        onProgress: options.hasProgress ? tell : undefined,
      };
      const handler = await createHandler(opened(model), { ...options, ...here }, compiled);
      sessions.set(id, handler);
      const { inputNames, outputNames, inputMetadata, outputMetadata, memory, optimizedModel } = handler;
      return { session: id, inputNames, outputNames, inputMetadata, outputMetadata, memory, optimizedModel };
    },

    async run({ id, session, feeds, fetches, options }) {
      const handler = sessions.get(session);
      const wanted = Object.fromEntries(fetches.map((name) => [name, null]));
      const outputs = await handler.run(feeds, wanted, { ...options, ...watched(id, options) });
      return { outputs: plainValues(outputs), memory: handler.memory };
    },

    async release({ session }) {
      const handler = sessions.get(session);
      sessions.delete(session);
      await handler.dispose();
    },

    profile({ session, begins }) {
      const handler = sessions.get(session);
      return begins ? handler.startProfiling() : handler.endProfiling();
    },
  };

  /** Ends a request, or what it made when its answer came too late. */
  function abort(id) {
    if (stops.has(id)) stops.get(id).abort();
    else if (sessions.has(id)) acts.release({ session: id });
  }

  function watched(id, { isWatched }) {
    if (!isWatched) return {};
    const stop = new AbortController();
    stops.set(id, stop);
    return { signal: stop.signal };
  }

  return async (request) => {
    const { id, act } = request;
    if (act === 'abort') return abort(id);
    try {
      const result = await acts[act](request);
      port.postMessage({ id, result }, act === 'run' ? buffersOf(result.outputs) : []);
    } catch (error) {
      port.postMessage({ id, error: plainError(error) });
    } finally {
      stops.delete(id);
    }
  };
}

/** What came in blocks, as the stream that it was; each block goes when the next is asked for. */
function streamOf(blocks) {
  let last;
  const pull = (controller) => {
    last?.buffer.transfer?.(0);
    last = blocks.shift();
    if (last) controller.enqueue(last);
    else controller.close();
  };
  return new ReadableStream({ pull }, { highWaterMark: 0 });
}
