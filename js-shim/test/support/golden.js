import { readFileSync } from 'node:fs';

/** The blocks of wasm/golden.txt, by name. */
export function goldenBlocks() {
  const blocks = {};
  let bytes;
  for (const line of readFileSync(new URL('../../../wasm/golden.txt', import.meta.url), 'utf8').split('\n')) {
    const text = line.replace(/#.*/, '').trim();
    if (text.endsWith(':')) bytes = blocks[text.slice(0, -1)] = [];
    else if (text) bytes.push(...text.split(' ').map((byte) => parseInt(byte, 16)));
  }
  return Object.fromEntries(Object.entries(blocks).map(([name, bytes]) => [name, Uint8Array.from(bytes)]));
}
