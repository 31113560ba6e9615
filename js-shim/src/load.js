// Finding the wasm file and compiling it, once for all sessions that want the same kind of module.
import { abiVersion } from './core.js';
import { env } from './env.js';
import { readWasm, readWasmNow } from './host.js';
import { settleSimd } from './simd.js';
import { settleThreads } from './threads.js';
import { readable, tagOf } from './validate.js';

const fileName = 'ort-wasm-simd-threaded.wasm';
const relaxedFileName = 'ort-wasm-relaxedsimd-threaded.wasm';

/** The section at the front of our file: 32-bit words; see wasm/ABI.md. */
const section = 'apus';
const stampWords = { abi: 0, initialPages: 1, maximumPages: 2, flagsOffset: 3 };
/** Where its words begin: behind the header, an id, a size, and the name with its length. */
const sectionWords = 15;

/**
 * @typedef {{ module: WebAssembly.Module, memory: WebAssembly.MemoryDescriptor }} Compiled  the memory is what each
 *   instance wants; it is shared only if that was asked for and can be had
 * @typedef {{ shared?: boolean, relaxed?: boolean }} Kind  `shared` is memory that threads can share, `relaxed` the
 *   file with relaxed SIMD, where there is one
 */

/**
 * By kind: what is loaded or loading.
 * @type {Record<string, { promise: Promise<Compiled>, compiled?: Compiled }>}
 */
const loaded = {};

const keyOf = ({ shared, relaxed }) => `${shared ? 'shared' : 'plain'}${relaxed ? ' relaxed' : ''}`;

/**
 * The compiled module and the memory that each of its instances wants. A failure may be tried again.
 * @param {Kind} [kind]
 * @returns {Promise<Compiled>}
 */
export function loadModule(kind = {}) {
  const key = keyOf(kind);
  if (!loaded[key]) {
    const promise = withTimeout((limit) => load(kind, limit)).then(
      (compiled) => (loaded[key] = { promise, compiled }).compiled,
      (error) => {
        if (!loaded[key].compiled) delete loaded[key];
        throw error;
      },
    );
    loaded[key] = { promise };
  }
  return loaded[key].promise;
}

/**
 * The same without waiting: what was loaded before, what `env.wasm` gives as a module or bytes, or a file.
 * @returns {Compiled}
 */
export function loadModuleNow() {
  const key = keyOf({});
  if (loaded[key]?.compiled) return loaded[key].compiled;
  settleFlags();
  const failures = [];
  for (const { where, get } of candidates(readWasmNow)) {
    try {
      const found = checked(doing(get, `${where} could not be read`), where);
      const compile = () => (isModule(found) ? found : new WebAssembly.Module(found));
      const compiled = describe(doing(compile, `${where} could not be compiled`), where);
      loaded[key] = { promise: Promise.resolve(compiled), compiled };
      return compiled;
    } catch (error) {
      failures.push(error);
    }
  }
  throw failure('no compiled wasm is at hand, which calls that do not wait need', failures);
}

/**
 * Tries what `env.wasm` names, then the file beside this script.
 * @param {Kind} kind
 * @param {{ isLate: boolean }} limit  set when nobody waits any more
 */
async function load(kind, limit) {
  settleFlags();
  if (kind.relaxed) return loadRelaxed(kind);
  const failures = [];
  for (const candidate of candidates(readWasm)) {
    try {
      return await compile(candidate, kind.shared);
    } catch (error) {
      failures.push(error);
      if (candidate.where === besideScript || limit.isLate) continue;
      tell(`${error.message} The wasm file beside the script is used instead.`);
    }
  }
  throw failure('no wasm file could be loaded', failures);
}

/** The file with relaxed SIMD; where there is none the other one does, and it is not looked for again. */
async function loadRelaxed({ shared }) {
  const { wasmModule, wasmBinary, wasmPaths } = env.wasm;
  if (!wasmModule && !wasmBinary) {
    const address = addressIn(wasmPaths, relaxedFileName) ?? besideAddress().replace(fileName, relaxedFileName);
    try {
      return await compile({ where: address, get: () => readWasm(address) }, shared);
    } catch {
      // Nobody needs to know: it is faster at best.
    }
  }
  return loadModule({ shared });
}

const besideScript = 'the wasm file beside the script';
// Spelt out for bundlers, which look for this very form.
const besideAddress = () => new URL('./ort-wasm-simd-threaded.wasm', import.meta.url).href;

/**
 * @param {(address: string) => unknown} read
 * @returns {{ where: string, get: () => unknown }[]} `where` is the setting to blame
 */
function candidates(read) {
  const { wasmModule, wasmBinary, wasmPaths } = env.wasm;
  const found = [];
  if (wasmModule) found.push({ where: 'env.wasm.wasmModule', get: () => wasmModule });
  if (wasmBinary) found.push({ where: 'env.wasm.wasmBinary', get: () => wasmBinary });
  const address = addressIn(wasmPaths, fileName);
  if (address) found.push({ where: `env.wasm.wasmPaths (${address})`, get: () => read(address) });
  found.push({ where: besideScript, get: () => read(besideAddress()) });
  return found;
}

/**
 * The address in any form that `wasmPaths` ever took: a prefix, `{ wasm }`, `{ mjs }`, or a map keyed by file name,
 * also by one of the names that the file once had.
 * @returns {string | undefined}
 */
function addressIn(paths, name) {
  if (!paths) return undefined;
  if (typeof paths === 'string' || paths.href !== undefined) {
    const prefix = String(paths.href ?? paths);
    if (prefix.endsWith('.wasm')) return prefix;
    return prefix.endsWith('/') ? prefix + name : `${prefix}/${name}`;
  }
  const old = Object.keys(paths).find((key) => /simd.*\.wasm$/.test(key));
  const named = paths.wasm ?? paths[name] ?? paths[fileName] ?? paths[old];
  if (named) return String(named.href ?? named);
  const beside = String(paths.mjs?.href ?? paths.mjs ?? '');
  return beside && !beside.startsWith('blob:') ? beside.slice(0, beside.lastIndexOf('/') + 1) + name : undefined;
}

/** Compiles ours and refuses any other before compiling it, where its first bytes tell. */
async function compile({ where, get }, shared) {
  const unread = `${where} could not be read`;
  const failure = `${where} could not be compiled`;
  let found = await doing(get, unread);
  if (typeof found.arrayBuffer === 'function') {
    if (!shared) {
      await checkHead(found, where);
      return describe(await doing(() => WebAssembly.compileStreaming(found), failure), where);
    }
    found = await doing(() => found.arrayBuffer(), unread);
  }
  const ours = checked(found, where);
  if (!isModule(ours)) {
    const compiling = doing(() => WebAssembly.compile(shared ? withSharedMemory(ours) : ours), failure);
    return describe(await compiling, where, shared);
  }
  return describe(ours, where);
}

/** What the section `apus` of a compiled module says. */
function describe(module, where, shared) {
  const [stamp] = WebAssembly.Module.customSections(module, section);
  if (!stamp) throw foreign(where);
  const view = new DataView(stamp);
  const read = (word) => view.getUint32(4 * word, true);
  const abi = read(stampWords.abi);
  if (abi !== abiVersion) {
    throw new Error(`${where} is of another release: its boundary has version ${abi}, this script's ${abiVersion}.`);
  }
  const maximum = read(stampWords.maximumPages);
  const initial = read(stampWords.initialPages);
  return { module, memory: { initial, ...(maximum > 0 && { maximum }), ...(shared && { shared }) } };
}

const isModule = (value) => tagOf(value) === 'WebAssembly.Module';

/**
 * A compiled module as it is, or the bytes of our wasm file; an error for those of anything else.
 * @returns {WebAssembly.Module | Uint8Array}
 */
function checked(found, where) {
  if (isModule(found)) return found;
  const bytes = readable(found);
  if (bytes?.[0] === 0x3c) throw new Error(`${where} is a page of HTML, not a wasm file.`);
  const text = (from, to) => String.fromCharCode(...bytes.subarray(from, to));
  if (!(bytes instanceof Uint8Array) || text(0, 4) !== '\0asm') throw new Error(`${where} is not a wasm file.`);
  // Our section is the first: an id, a size of one byte, the length of the name, and the name.
  if (text(11, sectionWords) !== section) throw foreign(where);
  return bytes;
}

/** The same for the first bytes of a response, whose body stays unread: another runtime's file is many megabytes. */
async function checkHead(response, where) {
  const reader = response.clone().body?.getReader();
  if (!reader) return;
  const { value } = await doing(() => reader.read(), `${where} could not be read`);
  // Not waited for: a copy is cancelled when the original is too.
  reader.cancel().catch(() => {});
  if (!(value?.length >= sectionWords)) return;
  try {
    checked(value, where);
  } catch (error) {
    response.body.cancel().catch(() => {});
    throw error;
  }
}

/** The file with the flag of shared memory at its memory import; the caller's bytes stay as they are. */
function withSharedMemory(bytes) {
  const changed = bytes.slice();
  const at = new DataView(bytes.buffer, bytes.byteOffset).getUint32(sectionWords + 4 * stampWords.flagsOffset, true);
  changed[at] |= 2;
  return changed;
}

/** What `act` answers, or a promise of it; where it fails the error says of what. */
function doing(act, failure) {
  const fail = (cause) => {
    throw new Error(`${failure}: ${cause?.message ?? cause}.`, { cause });
  };
  try {
    const answer = act();
    return typeof answer?.then === 'function' ? answer.then(undefined, fail) : answer;
  } catch (cause) {
    return fail(cause);
  }
}

const foreign = (where) => new Error(`${where} is not the wasm file of this library.`);

const failure = (what, failures) =>
  new Error(`${what}: ${failures.map((error) => error.message).join(' ')}`, { cause: failures.at(-1) });

const told = new Set();

/** A warning, once. */
function tell(text) {
  if (!told.has(text)) console.warn(text);
  told.add(text);
}

/** Writes into `env.wasm` what its flags come to. */
function settleFlags() {
  const flags = env.wasm;
  settleSimd();
  settleThreads();
  if (!(flags.initTimeout > 0)) flags.initTimeout = 0;
  if (typeof flags.proxy !== 'boolean') flags.proxy = false;
  flags.trace ??= false;
}

/** What `load` loads, but no later than `env.wasm.initTimeout` milliseconds from now. */
function withTimeout(load) {
  const { initTimeout } = env.wasm;
  const limit = { isLate: false };
  if (!(initTimeout > 0)) return load(limit);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      limit.isLate = true;
      reject(new Error(`WebAssembly backend initializing failed due to timeout: ${initTimeout}ms`));
    }, initTimeout);
    load(limit)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}
