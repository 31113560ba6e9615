import Tensors

extension Node {
  /// What the node does, as bytes: nodes with the same key do the same with inputs that the same numbers stand for. `nil`
  /// where an attribute is more than numbers and strings, or there is a body.
  public func key(inputs: [Int]) -> Name? {
    if !bodies.isEmpty { return nil }
    var key = KeyWriter()
    key.append(opType)
    key.append(domain)
    key.append(opset)
    key.append(outputs.count)
    key.append(inputs.count)
    for input in inputs { key.append(input) }
    for (name, value) in attributes.entries {
      key.append(name)
      switch value {
      case .int(let value): key.append(value)
      case .float(let value): key.append(Int64(value.bitPattern))
      case .string(let value): key.append(value)
      case .ints(let values):
        key.append(values.count)
        for value in values { key.append(value) }
      case .floats(let values):
        key.append(values.count)
        for value in values { key.append(Int64(value.bitPattern)) }
      default: return nil
      }
    }
    return Name(key.bytes)
  }
}

/// Numbers and names one after the other, told apart by their lengths.
public struct KeyWriter {
  public private(set) var bytes: [UInt8] = []

  public init() {}

  public mutating func append(_ value: Int64) {
    var rest = UInt64(bitPattern: value)
    for _ in 0..<8 {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }

  public mutating func append(_ value: Int) { append(Int64(value)) }

  public mutating func append(_ name: Name) {
    append(name.bytes.count)
    bytes += name.bytes
  }
}
