// Reads TensorProto files (the suite's input_K.pb and output_K.pb) into what ort.Tensor takes.

const TYPES = {
  1: 'float32', 2: 'uint8', 3: 'int8', 4: 'uint16', 5: 'int16', 6: 'int32', 7: 'int64', 8: 'string', 9: 'bool',
  10: 'float16', 11: 'float64', 12: 'uint32', 13: 'uint64', 14: 'complex64', 15: 'complex128', 16: 'bfloat16',
  17: 'float8e4m3fn', 18: 'float8e4m3fnuz', 19: 'float8e5m2', 20: 'float8e5m2fnuz', 21: 'uint4', 22: 'int4',
  23: 'float4e2m1', 24: 'float8e8m0', 25: 'uint2', 26: 'int2', 27: 'float6e2m3', 28: 'float6e3m2',
};

const ARRAYS = {
  float32: Float32Array, uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array,
  int32: Int32Array, int64: BigInt64Array, bool: Uint8Array, float64: Float64Array, uint32: Uint32Array,
  uint64: BigUint64Array, float16: Uint16Array, bfloat16: Uint16Array, uint4: Uint8Array, int4: Uint8Array,
  float8e4m3fn: Uint8Array, float8e4m3fnuz: Uint8Array, float8e5m2: Uint8Array, float8e5m2fnuz: Uint8Array,
};

/** The typed array that holds elements of this type in JavaScript; undefined where there is none. */
export const arrayOf = (type) => ARRAYS[type];

/** [field number, value] of a message; a value is a BigInt (varint), or the bytes of the rest. */
function* fields(bytes) {
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const wire = key & 7;
    let value;
    if (wire === 0) value = varint();
    else {
      const size = wire === 1 ? 8 : wire === 5 ? 4 : Number(varint());
      value = bytes.subarray(at, (at += size));
    }
    yield [key >> 3, value];
  }
}

/** The elements of a repeated varint field, packed or not. */
function varints(values) {
  return values.flatMap((value) => {
    if (typeof value === 'bigint') return [value];
    const out = [];
    let current = 0n, shift = 0n;
    for (const byte of value) {
      current |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (byte < 0x80) {
        out.push(current);
        current = shift = 0n;
      }
    }
    return out;
  });
}

const joined = (values) => {
  const bytes = Buffer.concat(values);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
};

/** A TensorProto as {name, type, dims, data}; data is a typed array, or an array of strings. */
export function readTensor(bytes) {
  const dims = [], floats = [], ints = [], strings = [], longs = [], doubles = [], unsigned = [];
  let type, raw, name = '';
  for (const [field, value] of fields(bytes)) {
    if (field === 1) dims.push(...varints([value]).map(Number));
    else if (field === 2) type = TYPES[Number(value)];
    else if (field === 4) floats.push(value);
    else if (field === 5) ints.push(value);
    else if (field === 6) strings.push(Buffer.from(value).toString('utf8'));
    else if (field === 7) longs.push(value);
    else if (field === 8) name = Buffer.from(value).toString('utf8');
    else if (field === 9) raw = value;
    else if (field === 10) doubles.push(value);
    else if (field === 11) unsigned.push(value);
  }
  if (type === 'string') return { name, type, dims, data: strings };
  const Kind = ARRAYS[type];
  if (!Kind) throw new Error(`the JavaScript API has no ${type}`);
  let data;
  if (raw) data = new Kind(joined([raw]));
  else if (type === 'float32') data = new Float32Array(joined(floats));
  else if (type === 'float64') data = new Float64Array(joined(doubles));
  else if (type === 'int64') data = BigInt64Array.from(varints(longs), (v) => BigInt.asIntN(64, v));
  else if (type === 'uint64') data = BigUint64Array.from(varints(unsigned));
  else if (type === 'uint32') data = Uint32Array.from(varints(unsigned), Number);
  else data = Kind.from(varints(ints), (v) => Number(BigInt.asIntN(32, v)));
  return { name, type, dims, data };
}

/** A SequenceProto as an array, or an OptionalProto as a value or null, of tensors and of each other. */
export function readValue(bytes, kind) {
  if (kind === 'tensor') return readTensor(bytes);
  // Both messages have a tensor in field 3, a sequence in 5 and an optional in 7.
  const kinds = { 3: 'tensor', 5: 'sequence', 6: 'map', 7: 'optional' };
  const parts = [...fields(bytes)].filter(([field]) => field in kinds).map(([field, value]) => {
    if (kinds[field] === 'map') throw new Error('a map is not read yet');
    return readValue(value, kinds[field]);
  });
  return kind === 'sequence' ? parts : parts[0] ?? null;
}

const HALF = new DataView(new ArrayBuffer(4));

/** IEEE binary16 bits as a number. */
export function widen(bits) {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  HALF.setUint32(0, ((exponent + 112) << 23) | (fraction << 13));
  return sign * HALF.getFloat32(0);
}

/** bfloat16 bits, the upper half of a float32, as a number. */
export function widenBrain(bits) {
  HALF.setUint32(0, bits << 16);
  return HALF.getFloat32(0);
}
