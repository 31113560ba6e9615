import Tensors

/// Inputs made up where none are given: the same for the same seed, on every machine.
///
/// Floats lie in [-1, 1). Integers are 0 or 1, which is right for tokens, masks and most indices.
struct Generator {
  private var state: UInt64

  init(seed: Int) { state = UInt64(bitPattern: Int64(seed)) &* 0x9e37_79b9_7f4a_7c15 ^ 0x1234_5678_9abc_def1 }

  mutating func tensor(_ type: ElementType, _ shape: Shape, _ allocator: Allocator) throws(RuntimeError) -> Tensor {
    let tensor = try allocator.tensor(type, shape)
    if type == .string {
      for i in tensor.storage.strings.indices { tensor.storage.strings[i] = next() & 1 == 0 ? "a" : "b" }
      return tensor
    }
    let parts = type == .complex64 || type == .complex128 ? 2 : 1
    switch type {
    case .float32, .complex64: fill(tensor.bytes, tensor.count * parts, Float.self) { Float($0) }
    case .float64, .complex128: fill(tensor.bytes, tensor.count * parts, Double.self) { $0 }
    case .float16: fill(tensor.bytes, tensor.count, UInt16.self) { Half.narrow(Float($0)) }
    case .bfloat16: fill(tensor.bytes, tensor.count, UInt16.self) { BFloat16.narrow(Float($0)) }
    case .int16, .uint16: fill(tensor.bytes, tensor.count, UInt16.self) { $0 < 0 ? 0 : 1 }
    case .int32, .uint32: fill(tensor.bytes, tensor.count, UInt32.self) { $0 < 0 ? 0 : 1 }
    case .int64, .uint64: fill(tensor.bytes, tensor.count, UInt64.self) { $0 < 0 ? 0 : 1 }
    case .bool: fill(tensor.bytes, tensor.count, UInt8.self) { $0 < 0 ? 0 : 1 }
    // Pictures and the like: all of a byte's values. Packed types take any byte too.
    case .uint8, .int8, .uint4, .int4, .uint2, .int2: fill(tensor.bytes, tensor.byteCount, Int8.self) { Int8($0 * 128) }
    // 0 or the least number: every code of these types may mean NaN.
    case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0, .float4e2m1, .float6e2m3,
      .float6e3m2:
      fill(tensor.bytes, tensor.byteCount, UInt8.self) { $0 < 0 ? 0 : 1 }
    case .string: break
    }
    return tensor
  }

  private mutating func fill<T: BitwiseCopyable>(
    _ target: UnsafeMutableRawPointer, _ count: Int, _: T.Type, _ convert: (Double) -> T
  ) {
    for i in 0..<count {
      let unit = Double(next() >> 11) * 0x1p-53
      target.storeBytes(of: convert(unit * 2 - 1), toByteOffset: i * MemoryLayout<T>.stride, as: T.self)
    }
  }

  /// xorshift64*
  private mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_f491_4f6c_dd1d
  }
}
