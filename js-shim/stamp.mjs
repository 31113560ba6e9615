// Puts a custom section of ours in front of a wasm file, which the loader reads before it compiles anything: that the
// file is ours, which boundary it speaks, and the memory it imports, which the JavaScript API does not tell.

/** The version of wasm/ABI.md; the core writes the same number into its control block. */
const abi = 3;
const importSection = 2;
const kinds = { function: 0, table: 1, memory: 2, global: 3, tag: 4 };
const headerBytes = 8;
/** The flag of a memory that is shared; the file is linked so, and goes out plain. */
const sharedFlag = 2;

/**
 * The file with the section `apus`: four 32-bit words, which are the version of the boundary, the initial and the
 * maximum pages of the imported memory (0: no maximum), and where in the stamped file the flags of that memory are: a
 * loader that wants threads sets the flag 2 there, for memory that is shared.
 * @param {Uint8Array} wasm
 */
export function stamp(wasm) {
  const memory = importedMemory(wasm);
  const section = new Uint8Array(23);
  section.set([0, 21, 4, ...Buffer.from('apus')]);
  const words = new DataView(section.buffer, 7);
  const flagsOffset = memory.flagsOffset + section.length;
  [abi, memory.initial, memory.maximum, flagsOffset].forEach((word, i) => words.setUint32(4 * i, word, true));
  const stamped = Buffer.concat([wasm.subarray(0, headerBytes), section, wasm.subarray(headerBytes)]);
  stamped[flagsOffset] &= ~sharedFlag;
  return stamped;
}

/** Where the limits of the memory import are, and what they say. */
function importedMemory(wasm) {
  let at = headerBytes;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  const skipName = () => {
    const byteCount = number();
    at += byteCount;
  };
  const limits = () => {
    const flags = number();
    const initial = number();
    return { initial, maximum: flags & 1 ? number() : 0 };
  };
  while (at < wasm.length) {
    const section = wasm[at++];
    const size = number();
    if (section !== importSection) {
      at += size;
      continue;
    }
    for (let count = number(); count > 0; count--) {
      skipName();
      skipName();
      const kind = wasm[at++];
      if (kind === kinds.memory) return { flagsOffset: at, ...limits() };
      if (kind === kinds.function) number();
      else if (kind === kinds.global) at += 2;
      else {
        at++;
        if (kind === kinds.table) limits();
        else number();
      }
    }
  }
  throw new Error('the wasm file imports no memory');
}
