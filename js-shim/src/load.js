// Finding the wasm file and compiling it, once for all sessions that want the same kind of module.
import { abiVersion } from './core.js';
import { env } from './env.js';
import { messageOf, warnOnce } from './errors.js';
import { readWasm, readWasmNow } from './host.js';
import { settleSimd } from './simd.js';
import { settleThreads } from './threads.js';
import { atOnce, unlessAborted, waiting } from './turns.js';
import { readable, tagOf } from './validate.js';

const fileName = 'ort-wasm-simd-threaded.wasm';
const relaxedFileName = fileName.replace('simd', 'relaxedsimd');

/**
 * The section at the front of our file: four 32-bit words, which are the version of the boundary, the initial and the
 * maximum pages of memory, and where the flags of the memory import are; see wasm/ABI.md.
 */
const section = 'apus';
/** Where its words begin: behind the header, an id, a size, and the name with its length. */
const sectionWords = 15;
/** Which of them is where the flags are. */
const flagsWord = 3;

/**
 * @typedef {{ module: WebAssembly.Module, memory: WebAssembly.MemoryDescriptor }} Compiled  the memory is what each
 *   instance wants; it is shared only if that was asked for and can be had
 * @typedef {{ shared?: boolean, relaxed?: boolean }} Kind  `shared` is memory that threads can share, `relaxed` the
 *   file with relaxed SIMD, where there is one
 * @typedef {{ where: string, get: () => unknown }} Candidate  `where` is the setting to blame
 */

/** Compiled, or on the way; by kind. */
const compiledModules = {};
const loading = {};

const keyOf = ({ shared, relaxed }) => [!!shared, !!relaxed].join();

/**
 * The compiled module and the memory that each of its instances wants. A failure may be tried again.
 * @param {Kind} kind
 * @returns {Promise<Compiled>}
 */
export async function loadModule(kind) {
  const key = keyOf(kind);
  const begin = () => withTimeout((limit) => waiting(load(kind, late, limit))).finally(() => delete loading[key]);
  return (compiledModules[key] ??= await (loading[key] ??= begin()));
}

/**
 * The same without waiting: what was loaded before, what `env.wasm` gives as a module or bytes, or a file.
 * @returns {Compiled}
 */
export const loadModuleNow = () => (compiledModules[keyOf({})] ??= atOnce(load({}, now, { aborted: true })));

/** How files are read and compiled by those who wait, and by those who cannot. */
const late = {
  read: readWasm,
  build: (bytes) => WebAssembly.compile(bytes),
};
const now = {
  read: readWasmNow,
  build: (bytes) => new WebAssembly.Module(bytes),
};

/**
 * Tries what `env.wasm` names, then the file beside this script.
 * @param {Kind} kind
 * @param {typeof late} means
 * @param {{ aborted: boolean }} [limit]  aborted when nobody waits any more, who should hear of files that are not ours
 */
function* load({ shared, relaxed }, means, limit) {
  settleFlags();
  const { wasmModule, wasmBinary, wasmPaths } = env.wasm;
  if (relaxed) {
    try {
      const address = addressIn(wasmPaths, relaxedFileName) ?? besideAddress().replace(fileName, relaxedFileName);
      if (!wasmModule && !wasmBinary) return yield* compile(address, () => means.read(address, !shared), means, shared);
    } catch {
      // Nobody needs to know: it is faster at best. The other one does, and this is not looked for again.
    }
    return yield loadModule({ shared });
  }
  const address = addressIn(wasmPaths, fileName);
  const candidates = [
    [wasmModule, 'env.wasm.wasmModule', () => wasmModule],
    [wasmBinary, 'env.wasm.wasmBinary', () => wasmBinary],
    [address, `env.wasm.wasmPaths (${address})`, () => means.read(address, !shared)],
    [true, besideScript, () => means.read(besideAddress(), !shared)],
  ];
  const failures = [];
  for (const [isGiven, where, get] of candidates) {
    try {
      if (isGiven) return yield* compile(where, get, means, shared);
    } catch (error) {
      failures.push(error);
      if (where !== besideScript && !limit?.aborted) {
        warnOnce(`${error.message} Used instead: ${besideScript}.`);
      }
    }
  }
  const why = failures.map(messageOf).join(' ');
  throw new Error(`no wasm file could be loaded: ${why}`, { cause: failures.at(-1) });
}

const besideScript = 'the wasm file beside the script';
// Spelt out for bundlers, which look for this very form.
const besideAddress = () => new URL('./ort-wasm-simd-threaded.wasm', import.meta.url).href;

/**
 * The address in any form that `wasmPaths` ever took: a prefix, `{ wasm }`, `{ mjs }`, or a map keyed by file name,
 * also by one of the names that the file once had.
 * @returns {string | undefined}
 */
function addressIn(paths, name) {
  if (!paths) return undefined;
  if (typeof paths === 'string' || paths.href) {
    const prefix = textOf(paths);
    return prefix.endsWith('.wasm') ? prefix : prefix.replace(/\/?$/, '/') + name;
  }
  const old = Object.keys(paths).find((key) => /simd.*\.wasm$/.test(key));
  const named = paths.wasm ?? paths[name] ?? paths[fileName] ?? paths[old];
  if (named) return textOf(named);
  const beside = textOf(paths.mjs ?? '');
  return beside && !beside.startsWith('blob:') ? beside.replace(/[^/]*$/, name) : undefined;
}

/** @param {string | URL} address */
const textOf = (address) => String(address.href ?? address);

/** Compiles ours and refuses any other before compiling it, where its first bytes tell. */
function* compile(where, get, { build }, shared) {
  const unread = `${where} could not be read`;
  const failure = `${where} could not be compiled`;
  const found = yield* doing(get, unread);
  if (isModule(found)) return describe(found, where);
  if (found.clone) {
    yield* checkHead(found, where, unread);
    return describe(yield* doing(() => WebAssembly.compileStreaming(found), failure), where);
  }
  const ours = checked(found, where);
  return describe(yield* doing(() => build(shared ? withSharedMemory(ours) : ours), failure), where, shared);
}

/** What the section `apus` of a compiled module says. */
function describe(module, where, shared) {
  const [stamp] = WebAssembly.Module.customSections(module, section);
  if (!stamp) throw foreign(where);
  const [abi, initial, maximum] = new Uint32Array(stamp);
  if (abi !== abiVersion) {
    throw new Error(`${where} is of another release (${abi}) than this script (${abiVersion}).`);
  }
  return { module, memory: { initial, ...(maximum && { maximum }), ...(shared && { shared }) } };
}

const isModule = (value) => tagOf(value) === 'WebAssembly.Module';

/**
 * The bytes of our wasm file; an error for those of anything else.
 * @returns {Uint8Array}
 */
function checked(found, where) {
  const bytes = readable(found);
  const head = bytes instanceof Uint8Array ? String.fromCharCode(...bytes.subarray(0, sectionWords)) : '';
  if (head[0] === '<') throw new Error(`${where} is a page, not a wasm file.`);
  if (!head.startsWith('\0asm')) throw new Error(`${where} is not a wasm file.`);
  // Our section is the first: an id, a size of one byte, the length of the name, and the name.
  if (!head.endsWith(section)) throw foreign(where);
  return bytes;
}

/** The same for the first bytes of a response, whose body stays unread: another runtime's file is many megabytes. */
function* checkHead(response, where, unread) {
  const reader = response.clone().body?.getReader();
  if (!reader) return;
  const { value } = yield* doing(() => reader.read(), unread);
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
  const at = new DataView(bytes.buffer, bytes.byteOffset).getUint32(sectionWords + 4 * flagsWord, true);
  changed[at] |= 2;
  return changed;
}

/** What `act` answers; where it fails the error says of what. */
function* doing(act, failure) {
  try {
    return yield act();
  } catch (cause) {
    throw new Error(`${failure}: ${messageOf(cause)}.`, { cause });
  }
}

const foreign = (where) => new Error(`${where} is not the wasm file of this library.`);

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
  if (!(initTimeout > 0)) return load();
  const stop = new AbortController();
  const { signal } = stop;
  const late = new Error(`WebAssembly backend initializing failed due to timeout: ${initTimeout}ms`);
  const timer = setTimeout(() => stop.abort(late), initTimeout);
  return unlessAborted(load(signal), signal).finally(() => clearTimeout(timer));
}
