// The loop over bytes that relaxed SIMD makes faster: a module in a section of ours, on the same memory. The file
// itself asks for baseline SIMD alone.

/** What the file has from wasm/runtime/dot.c, behind a byte that says where the flags of its memory import are. */
const section = 'apus.dot';
const sharedFlag = 2;

/**
 * The import `apus.dot` of an instance on `memory`; it answers 0 where this host cannot run the loop, or where its
 * products would depend on the processor.
 * @param {WebAssembly.Module} module
 * @param {WebAssembly.Memory} memory
 */
export function dotOn(module, memory) {
  try {
    const [found] = WebAssembly.Module.customSections(module, section);
    const [flags, ...code] = new Uint8Array(found);
    if (memory.buffer[Symbol.toStringTag] !== 'ArrayBuffer') code[flags] |= sharedFlag;
    const beside = new WebAssembly.Module(Uint8Array.from(code));
    const { exports } = new WebAssembly.Instance(beside, { env: { memory } });
    if (exports.is_exact(255, 127)) return exports.dot;
  } catch {
    // An older engine, or a file without the section.
  }
  return () => 0;
}
