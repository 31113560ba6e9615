// The loop over bytes that relaxed SIMD makes faster: a module in a section of ours, on the same memory. The file
// itself asks for baseline SIMD alone.
import { tagOf } from './validate.js';

/** What the file has from wasm/runtime/dot.c, behind a byte that says where the flags of its memory import are. */
const section = 'apus.dot';
const sharedFlag = 2;

/** @type {WeakMap<WebAssembly.Module, WebAssembly.Module>}  what stands in a module, compiled for memory of its kind */
const compiled = new WeakMap();

function compile(module, memory) {
  const found = new Uint8Array(WebAssembly.Module.customSections(module, section)[0]);
  const code = found.subarray(1);
  if (tagOf(memory.buffer) !== 'ArrayBuffer') code[found[0]] |= sharedFlag;
  return new WebAssembly.Module(code);
}

/**
 * The import `apus.dot` of an instance on `memory`; it answers 0 where this host cannot run the loop, or where its
 * products would depend on the processor.
 * @param {WebAssembly.Module} module
 * @param {WebAssembly.Memory} memory
 */
export function dotOn(module, memory) {
  try {
    if (!compiled.has(module)) {
      // Where it does not compile, that is not tried again.
      compiled.set(module);
      compiled.set(module, compile(module, memory));
    }
    const { exports } = new WebAssembly.Instance(compiled.get(module), { env: { memory } });
    if (exports.is_exact(255, 127)) return exports.dot;
  } catch {
    // An older engine, or a file without the section.
  }
  return () => 0;
}
