import Tensors

extension Tensor {
  /// Element `i` as a number: exact but for 64-bit integers beyond 2^53. Complex types answer their real part.
  func number(_ i: Int) -> Double {
    switch type {
    case .float32: Double(load(i, Float.self))
    case .float64: load(i, Double.self)
    case .float16: Double(Half.widen(load(i, UInt16.self)))
    case .bfloat16: Double(BFloat16.widen(load(i, UInt16.self)))
    case .int8: Double(load(i, Int8.self))
    case .int16: Double(load(i, Int16.self))
    case .int32: Double(load(i, Int32.self))
    case .int64: Double(load(i, Int64.self))
    case .uint8, .bool: Double(load(i, UInt8.self))
    case .uint16: Double(load(i, UInt16.self))
    case .uint32: Double(load(i, UInt32.self))
    case .uint64: Double(load(i, UInt64.self))
    case .complex64: Double(load(2 * i, Float.self))
    case .complex128: load(2 * i, Double.self)
    case .float8e4m3fn: Self.small(load(i, UInt8.self), mantissaBits: 3, bias: 7, nan: { $0 & 0x7f == 0x7f })
    case .float8e4m3fnuz: Self.small(load(i, UInt8.self), mantissaBits: 3, bias: 8, nan: { $0 == 0x80 })
    case .float8e5m2: Double(Half.widen(UInt16(load(i, UInt8.self)) << 8))
    case .float8e5m2fnuz: Self.small(load(i, UInt8.self), mantissaBits: 2, bias: 16, nan: { $0 == 0x80 })
    case .float8e8m0: Self.small(load(i, UInt8.self))
    case .float4e2m1:
      Self.small(
        UInt8(smallInteger(i) & 8) << 4 | UInt8(smallInteger(i) & 7), mantissaBits: 1, bias: 1, nan: { _ in false })
    case .float6e2m3:
      Self.small(
        UInt8(smallInteger(i) & 32) << 2 | UInt8(smallInteger(i) & 31), mantissaBits: 3, bias: 1, nan: { _ in false })
    case .float6e3m2:
      Self.small(
        UInt8(smallInteger(i) & 32) << 2 | UInt8(smallInteger(i) & 31), mantissaBits: 2, bias: 3, nan: { _ in false })
    case .uint4, .int4, .uint2, .int2: Double(smallInteger(i))
    case .string: .nan
    }
  }

  /// The imaginary part of a complex element.
  func imaginary(_ i: Int) -> Double {
    type == .complex64 ? Double(load(2 * i + 1, Float.self)) : load(2 * i + 1, Double.self)
  }

  private func load<T: BitwiseCopyable>(_ i: Int, _: T.Type) -> T {
    bytes.load(fromByteOffset: i * MemoryLayout<T>.stride, as: T.self)
  }

  /// A float of one byte: the sign in the highest bit, then exponent and mantissa.
  private static func small(_ bits: UInt8, mantissaBits: Int, bias: Int, nan: (UInt8) -> Bool) -> Double {
    if nan(bits) { return .nan }
    let magnitude = Int(bits & 0x7f)
    let exponent = magnitude >> mantissaBits
    let mantissa = magnitude & (1 << mantissaBits - 1)
    let units = exponent == 0 ? mantissa : mantissa | 1 << mantissaBits
    let power = max(exponent, 1) - bias - mantissaBits
    let value = Double(units) * Double(sign: .plus, exponent: power, significand: 1)
    return bits & 0x80 == 0 ? value : -value
  }

  /// float8e8m0: a power of two.
  private static func small(_ bits: UInt8) -> Double {
    bits == 0xff ? .nan : Double(sign: .plus, exponent: Int(bits) - 127, significand: 1)
  }
}

extension Text {
  /// Element `i` of a tensor, for people: floats with 6 digits.
  mutating func append(element i: Int, of tensor: Tensor) {
    switch tensor.type {
    case .string: append(quoted: tensor.storage.strings[i])
    case .bool: append(text: tensor.number(i) == 0 ? "false" : "true")
    case .int64: append(integer: tensor.bytes.load(fromByteOffset: i * 8, as: Int64.self))
    case .uint64: append(unsigned: tensor.bytes.load(fromByteOffset: i * 8, as: UInt64.self))
    case .complex64, .complex128:
      append(number: tensor.number(i))
      if tensor.imaginary(i).sign == .plus { append(UInt8(ascii: "+")) }
      append(number: tensor.imaginary(i))
      append(UInt8(ascii: "i"))
    default: append(number: tensor.number(i), digits: tensor.type.isInteger ? 9 : 6)
    }
  }
}

extension JSON {
  /// Element `i` of a tensor; a complex one is an array of two.
  mutating func element(_ i: Int, of tensor: Tensor) {
    switch tensor.type {
    case .string: string(tensor.storage.strings[i])
    case .bool: bool(tensor.number(i) != 0)
    case .int64: integer(tensor.bytes.load(fromByteOffset: i * 8, as: Int64.self))
    case .uint64: unsigned(tensor.bytes.load(fromByteOffset: i * 8, as: UInt64.self))
    case .float64: number(tensor.number(i))
    case .complex64, .complex128:
      try? array { (json) throws(RuntimeError) in
        json.number(tensor.number(i))
        json.number(tensor.imaginary(i))
      }
    default:
      if tensor.type.isInteger || tensor.type.bitWidth < 8 && !tensor.type.isFraction {
        integer(Int64(tensor.number(i)))
      } else {
        number(Float(tensor.number(i)))
      }
    }
  }
}
