import Tensors

/// How a value is written in a block. The bytes of a tensor stay where they are; the block says where.
private enum Kind {
  static let none = 0
  static let tensor = 1
  static let strings = 2
  static let sequence = 3
  static let map = 4
}

extension BlockReader {
  /// A value that borrows the bytes of its tensors: they must stay until it is dropped.
  mutating func value() throws(RuntimeError) -> Value {
    let kind = try u32()
    switch kind {
    case Kind.none: return .none
    case Kind.tensor: return .tensor(try tensor())
    case Kind.strings:
      let shape = try shape()
      let strings = try list { (block) throws(RuntimeError) in try block.name() }
      guard strings.count == shape.count else {
        throw RuntimeError(.invalidArgument, "shape %v does not hold %d strings", shape: shape.dims, strings.count)
      }
      return .tensor(Tensor(shape: shape, strings: strings))
    case Kind.sequence:
      return .sequence(Value.Sequence(try list { (block) throws(RuntimeError) in try block.value() }))
    case Kind.map:
      guard case .tensor(let keys) = try value(), case .tensor(let values) = try value() else {
        throw RuntimeError(.invalidArgument, "keys and values of a map must be tensors")
      }
      return .map(Value.Map(keys: keys, values: values))
    default:
      throw RuntimeError(.invalidArgument, "a value of kind %d is not known", kind)
    }
  }

  private mutating func tensor() throws(RuntimeError) -> Tensor {
    let raw = try u32()
    guard let byte = UInt8(exactly: raw), let type = ElementType(rawValue: byte), type != .string else {
      throw RuntimeError(.invalidArgument, "a tensor of %t cannot be fed", raw)
    }
    let shape = try shape()
    let address = try integer()
    let byteCount = Int(clamping: try integer())
    guard byteCount >= type.byteCount(shape.count) else {
      throw RuntimeError(
        .invalidArgument, "shape %v of %t does not fit %d bytes", shape: shape.dims, Int(type.rawValue), byteCount)
    }
    guard let base = UnsafeMutableRawPointer(bitPattern: Int(clamping: address)) else {
      throw RuntimeError(.invalidArgument, "a tensor must not lie at address 0")
    }
    return Tensor(type, shape, Storage(borrowed: base, byteCount: byteCount))
  }
}

extension BlockWriter {
  func value(_ value: Value) {
    switch value {
    case .none:
      u32(Kind.none)
    case .tensor(let tensor) where tensor.type == .string:
      u32(Kind.strings)
      dims(tensor.shape.dims)
      list(tensor.storage.strings) { $0.name($1) }
    case .tensor(let tensor):
      u32(Kind.tensor)
      u32(Int(tensor.type.rawValue))
      dims(tensor.shape.dims)
      f64(Double(UInt(bitPattern: tensor.bytes)))
      f64(Double(tensor.byteCount))
    case .sequence(let sequence):
      u32(Kind.sequence)
      list(sequence.elements) { $0.value($1) }
    case .map(let map):
      u32(Kind.map)
      self.value(.tensor(map.keys))
      self.value(.tensor(map.values))
    }
  }
}
