// Finding the wasm file and compiling it, once for all sessions.
import * as host from '#host';
import { abiVersion } from './core.js';
import { env } from './env.js';
import { settleThreads } from './threads.js';

const fileName = 'ort-wasm-simd-threaded.wasm';

/** The section at the front of our file: 32-bit words; see wasm/ABI.md. */
const section = 'apus';
const stampWords = { abi: 0, initialPages: 1, maximumPages: 2, flagsOffset: 3 };
/** Where its words begin: behind the header, an id, a size, and the name with its length. */
const sectionWords = 15;

/** Loading or loaded: with plain memory and with shared memory. */
const pending = {};

/**
 * The compiled module and the memory that each of its instances wants. A failure may be tried again.
 * @param {{ shared?: boolean }} [kind]  `shared` is memory that threads can share
 * @returns {Promise<{ module: WebAssembly.Module, memory: WebAssembly.MemoryDescriptor }>}
 */
export function loadModule({ shared = false } = {}) {
  pending[shared] ??= withTimeout((limit) => loadFirst(limit, shared)).catch((error) => {
    pending[shared] = undefined;
    throw error;
  });
  return pending[shared];
}

/**
 * Tries what `env.wasm` names, then the file beside this script.
 * @param {{ isLate: boolean }} limit  set when nobody waits any more
 */
async function loadFirst(limit, shared) {
  settleFlags();
  const failures = [];
  for (const { what, get } of candidates()) {
    try {
      return await compile(get, what || 'the wasm file beside the script', shared);
    } catch (error) {
      failures.push(error);
      if (what && !limit.isLate) console.warn(`${error.message} The wasm file beside the script is used instead.`);
    }
  }
  throw new Error(`no wasm file could be loaded: ${failures.map((error) => error.message).join(' ')}`, {
    cause: failures.at(-1),
  });
}

/** @returns {{ what: string, get: () => unknown }[]} `what` is the setting to blame */
function candidates() {
  const { wasmModule, wasmBinary, wasmPaths } = env.wasm;
  const found = [];
  if (wasmModule) found.push({ what: 'env.wasm.wasmModule', get: () => wasmModule });
  if (wasmBinary) found.push({ what: 'env.wasm.wasmBinary', get: () => bytesOf(wasmBinary) });
  const address = addressIn(wasmPaths);
  if (address) found.push({ what: `env.wasm.wasmPaths (${address})`, get: () => host.readWasm(address) });
  // Spelt out for bundlers, which look for this very form.
  found.push({ what: '', get: () => host.readWasm(new URL('./ort-wasm-simd-threaded.wasm', import.meta.url)) });
  return found;
}

const bytesOf = (binary) =>
  ArrayBuffer.isView(binary)
    ? new Uint8Array(binary.buffer, binary.byteOffset, binary.byteLength)
    : new Uint8Array(binary);

/**
 * The address in any form that `wasmPaths` ever took: a prefix, `{ wasm }`, `{ mjs }`, or a map keyed by file name.
 * @returns {string | undefined}
 */
function addressIn(paths) {
  if (!paths) return undefined;
  if (typeof paths === 'string' || paths.href !== undefined) {
    const prefix = String(paths.href ?? paths);
    return prefix.endsWith('/') ? prefix + fileName : `${prefix}/${fileName}`;
  }
  const named = paths.wasm ?? paths[fileName];
  if (named) return String(named.href ?? named);
  const beside = String(paths.mjs?.href ?? paths.mjs ?? '');
  return beside && !beside.startsWith('blob:') ? beside.slice(0, beside.lastIndexOf('/') + 1) + fileName : undefined;
}

/** Compiles ours and refuses any other, before compiling it where its bytes are at hand. */
async function compile(get, where, shared) {
  const module = await moduleOf(await attempt(get, `${where} could not be read`), where, shared);
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

/** @param {Uint8Array | Response | WebAssembly.Module} found */
async function moduleOf(found, where, shared) {
  const failure = `${where} could not be compiled`;
  if (typeof found.arrayBuffer === 'function') {
    if (!shared) return attempt(() => WebAssembly.compileStreaming(found), failure);
    found = new Uint8Array(await attempt(() => found.arrayBuffer(), `${where} could not be read`));
  }
  if (!ArrayBuffer.isView(found)) return found;
  if (found[0] === 0x3c) throw new Error(`${where} is a page of HTML, not a wasm file.`);
  if (String.fromCharCode(...found.subarray(0, 4)) !== '\0asm') throw new Error(`${where} is not a wasm file.`);
  // Our section is the first: an id, a size of one byte, the length of the name, and the name.
  if (String.fromCharCode(...found.subarray(11, 11 + section.length)) !== section) throw foreign(where);
  return attempt(() => WebAssembly.compile(shared ? withSharedMemory(found) : found), failure);
}

/** The file with the flag of shared memory at its memory import; the caller's bytes stay as they are. */
function withSharedMemory(bytes) {
  const changed = bytes.slice();
  const at = new DataView(bytes.buffer, bytes.byteOffset).getUint32(sectionWords + 4 * stampWords.flagsOffset, true);
  changed[at] |= 2;
  return changed;
}

async function attempt(act, failure) {
  try {
    return await act();
  } catch (cause) {
    throw new Error(`${failure}: ${cause?.message ?? cause}.`, { cause });
  }
}

const foreign = (where) => new Error(`${where} is not the wasm file of this library.`);

/** Writes into `env.wasm` what its flags come to. */
function settleFlags() {
  const flags = env.wasm;
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
