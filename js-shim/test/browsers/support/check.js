// The page's end of the harness. It imports the page's own script, which calls `check`; then the checks run one after the
// other, their results go to the server, and the page leaves for the next one.
import './answer.js';

const root = document.documentElement;
const number = Number(location.pathname.split('/').pop());
const checks = [];
const strays = [];

/** Where else the files are served: `cors` lets every page read them, `closed` none. */
export const origins = { cors: root.dataset.cors, closed: root.dataset.closed };

/** Adds a check: it passes if `act` neither throws nor rejects. A text that it answers is shown beside it. */
export function check(name, act) {
  checks.push({ name, act });
}

/** Ends a check unless both are the same all the way down. */
export function equal(actual, expected, what = 'value') {
  if (Object.is(actual, expected)) return;
  const isObject = (value) => typeof value === 'object' && value !== null;
  if (!isObject(actual) || !isObject(expected) || Array.isArray(actual) !== Array.isArray(expected)) {
    throw new Error(`${what} is ${show(actual)}, not ${show(expected)}`);
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    equal(actual[key], expected[key], `${what}.${key}`);
  }
}

/** Ends a check unless `condition` holds. */
export function ok(condition, what) {
  if (!condition) throw new Error(what);
}

/** Ends a check unless the promise rejects with an Error whose message has that text or pattern. */
export async function rejects(promise, message) {
  const error = await promise.then(
    (value) => {
      throw new Error(`resolved with ${show(value)} where it should say: ${message}`);
    },
    (error) => error,
  );
  ok(error instanceof Error, `rejected with ${show(error)}, which is no Error`);
  const fits = message instanceof RegExp ? message.test(error.message) : error.message.includes(message);
  ok(fits, `says '${error.message}' where it should say: ${message}`);
}

/** Does what the page's policy must forbid, and waits until it is reported; that one report does not count. */
export async function violating(act) {
  const reported = new Promise((resolve) =>
    document.addEventListener('securitypolicyviolation', resolve, { once: true }),
  );
  act();
  await reported;
  strays.pop();
}

/** What was warned of while `act` ran. */
export async function warnings(act) {
  const { warn } = console;
  const seen = [];
  console.warn = (...texts) => seen.push(texts.join(' '));
  try {
    await act();
  } finally {
    console.warn = warn;
  }
  return seen;
}

/**
 * A model, feeds for it, and what Node answers; see cases.mjs.
 * @returns {Promise<{ url: string, bytes: Uint8Array, feeds: object, outputs: object }>}
 */
export async function testCase(name) {
  const url = `/models/${name}.onnx`;
  const [bytes, json] = await Promise.all([
    fetch(url).then((response) => response.arrayBuffer()),
    fetch(`/models/${name}.json`).then((response) => response.json()),
  ]);
  return { url, bytes: new Uint8Array(bytes), ...json };
}

let copies = 0;

/** A copy of the library that shares nothing with those before it; `flags` go to its `env.wasm`. */
export async function freshCopy(flags = {}, address = '/dist/ort.min.mjs') {
  for (const key of Object.getOwnPropertySymbols(globalThis)) {
    if (key.description.startsWith('apus@')) delete globalThis[key];
  }
  const ort = await import(`${address}?${copies++}`);
  Object.assign(ort.env.wasm, flags);
  return ort;
}

/** The addresses of the workers that are started while `act` runs. */
export async function startedDuring(act) {
  const { Worker } = globalThis;
  const started = [];
  globalThis.Worker = class extends Worker {
    constructor(address, options) {
      super(address, options);
      started.push(String(address));
    }
  };
  try {
    await act();
    return started;
  } finally {
    globalThis.Worker = Worker;
  }
}

/** The next message that comes from there. */
export const nextMessage = (port) =>
  new Promise((resolve, reject) => {
    port.addEventListener('message', ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data)), {
      once: true,
    });
    port.addEventListener('error', (event) => reject(new Error(`the worker failed: ${event.message ?? event.type}`)), {
      once: true,
    });
    port.start?.();
  });

function show(value) {
  const text = value instanceof Error ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

const post = (path, body) =>
  fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

addEventListener('error', (event) => strays.push(event.message || `${event.target?.src} did not load`), true);
addEventListener('unhandledrejection', ({ reason }) => strays.push(`unhandled: ${reason}`));
document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
  // The icon is the browser's own wish.
  if (!blockedURI.endsWith('/favicon.ico')) strays.push(`violates ${violatedDirective}: ${blockedURI}`);
});

async function runPage() {
  try {
    await import(`/pages/${root.dataset.file}.js`);
    if (checks.length === 0) throw new Error('it has no checks');
  } catch (error) {
    checks.unshift({ name: 'the page loads', act: () => Promise.reject(error) });
  }
  check('nothing else went wrong', () => equal(strays, [], 'errors'));
  await post('/begin', { number, names: checks.map(({ name }) => name) });
  for (const { name, act } of checks) {
    const start = performance.now();
    let message;
    let note;
    try {
      const answer = await act();
      if (typeof answer === 'string') note = answer;
    } catch (error) {
      message = error instanceof Error ? `${error.message}` : show(error);
    }
    await post('/report', { number, name, message, note, milliseconds: performance.now() - start });
  }
  location.replace(`/page/${number + 1}`);
}

runPage();
