// The layout of tools/modelfolder.py from JavaScript: raw little-endian files beside a meta.json.
import fs from 'node:fs';
import path from 'node:path';
import { arrayOf } from './tensorproto.mjs';

/** The inputs in NAME.io/ as {name: {type, dims, data}}. */
export function readInputs(io) {
  const { inputs } = JSON.parse(fs.readFileSync(path.join(io, 'meta.json')));
  return Object.fromEntries(inputs.map(({ name, type, dims }, k) => {
    const bytes = fs.readFileSync(path.join(io, `in_${k}.bin`));
    const data = new (arrayOf(type))(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    return [name, { type, dims, data }];
  }));
}

/** Writes tensors as KIND_K.bin; returns their rows for meta.json. */
export function writeTensors(io, kind, tensors) {
  fs.mkdirSync(io, { recursive: true });
  return Object.entries(tensors).map(([name, { type, dims, data }], k) => {
    fs.writeFileSync(path.join(io, `${kind}_${k}.bin`), new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return { name, type, dims };
  });
}
