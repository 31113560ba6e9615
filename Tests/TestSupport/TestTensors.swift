import Tensors

/// Memory for what tests make.
nonisolated(unsafe) public let testAllocator = Allocator()

extension Tensor {
  /// A tensor of `values`, which must be as wide as the element type.
  public static func of<T: BitwiseCopyable>(_ type: ElementType, _ dims: [Int], _ values: [T]) -> Tensor {
    precondition(values.count == dims.productSaturating, "\(values.count) values for shape \(dims)")
    let tensor = try! testAllocator.tensor(type, Shape(dims))
    for (i, value) in values.enumerated() { tensor.elements(T.self)[i] = value }
    return tensor
  }

  public static func float32(_ dims: [Int], _ values: [Float]) -> Tensor { of(.float32, dims, values) }
  public static func float64(_ dims: [Int], _ values: [Double]) -> Tensor { of(.float64, dims, values) }
  public static func int64(_ dims: [Int], _ values: [Int64]) -> Tensor { of(.int64, dims, values) }
  public static func int32(_ dims: [Int], _ values: [Int32]) -> Tensor { of(.int32, dims, values) }
  public static func int8(_ dims: [Int], _ values: [Int8]) -> Tensor { of(.int8, dims, values) }
  public static func uint8(_ dims: [Int], _ values: [UInt8]) -> Tensor { of(.uint8, dims, values) }
  public static func uint64(_ dims: [Int], _ values: [UInt64]) -> Tensor { of(.uint64, dims, values) }
  /// A type of one byte an element, by its bits.
  public static func bits(_ type: ElementType, _ dims: [Int], _ values: [UInt8]) -> Tensor { of(type, dims, values) }
  /// A type of four bits an element, by its bytes.
  public static func bits4(_ type: ElementType, _ dims: [Int], _ values: [UInt8]) -> Tensor {
    let tensor = try! testAllocator.tensor(type, Shape(dims))
    precondition(values.count == tensor.byteCount)
    tensor.bytes.copyMemory(from: values, byteCount: values.count)
    return tensor
  }
  public static func bool(_ dims: [Int], _ values: [Bool]) -> Tensor { of(.bool, dims, values) }
  /// float16 from float32 values, rounded.
  public static func float16(_ dims: [Int], _ values: [Float]) -> Tensor {
    of(.float16, dims, values.map { Half.narrow($0) })
  }
  public static func bfloat16(_ dims: [Int], _ values: [Float]) -> Tensor {
    of(.bfloat16, dims, values.map { BFloat16.narrow($0) })
  }
  public static func strings(_ dims: [Int], _ values: [String]) -> Tensor {
    Tensor(shape: Shape(dims), strings: values.map { Name(text: $0) })
  }

  /// Numbers written out, with white space between them: for tables of more than a few.
  public static func text(_ type: ElementType, _ dims: [Int], _ text: String) -> Tensor {
    let words = text.split { $0 == " " || $0 == "\n" }
    switch type {
    case .float32: return float32(dims, words.map { Float($0)! })
    case .float64: return float64(dims, words.map { Double($0)! })
    case .float16: return float16(dims, words.map { Float($0)! })
    case .int8: return int8(dims, words.map { Int8($0)! })
    case .uint8: return uint8(dims, words.map { UInt8($0)! })
    case .int32: return int32(dims, words.map { Int32($0)! })
    case .int64: return int64(dims, words.map { Int64($0)! })
    case .bool: return bool(dims, words.map { $0 == "1" })
    default: preconditionFailure("no text for \(type)")
    }
  }

  /// float32 values between -1 and 1 without a pattern.
  public static func mixed(_ dims: [Int], seed: Int = 1) -> Tensor {
    float32(dims, (0..<dims.productSaturating).map { Float(($0 * 7919 + seed * 104_729) % 2003) / 1001.5 - 1 })
  }

  /// float32 values 0, 1, 2, … by `step`.
  public static func ramp(_ dims: [Int], from start: Float = 0, by step: Float = 1) -> Tensor {
    float32(dims, (0..<dims.productSaturating).map { start + Float($0) * step })
  }

  /// The elements as doubles, for comparison; strings have none.
  public var doubles: [Double] {
    switch type {
    case .float32: elements(Float.self).map(Double.init)
    case .float64: Array(elements(Double.self))
    case .float16: elements(UInt16.self).map { Double(Half.widen($0)) }
    case .bfloat16: elements(UInt16.self).map { Double(BFloat16.widen($0)) }
    case .int8: elements(Int8.self).map(Double.init)
    case .uint8: elements(UInt8.self).map(Double.init)
    case .bool: elements(UInt8.self).map { $0 == 0 ? 0 : 1 }
    case .int16: elements(Int16.self).map(Double.init)
    case .uint16: elements(UInt16.self).map(Double.init)
    case .int32: elements(Int32.self).map(Double.init)
    case .uint32: elements(UInt32.self).map(Double.init)
    case .int64: elements(Int64.self).map(Double.init)
    case .uint64: elements(UInt64.self).map(Double.init)
    default: (0..<byteCount).map { Double(bytes.load(fromByteOffset: $0, as: UInt8.self)) }
    }
  }
}
