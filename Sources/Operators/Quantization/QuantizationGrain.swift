import GraphIR
import Kernels
import Tensors

/// How finely a tensor is quantised: one scale for all of it, one for each position of an axis, or one for each block
/// along an axis.
struct QuantizationGrain {
  private let axis: Int
  private let blockSize: Int

  init(_ site: Site) throws(RuntimeError) {
    axis = try site.int("axis", default: 1)
    blockSize = try site.int("block_size", default: 0)
    guard blockSize >= 0 else {
      throw RuntimeError(.invalidGraph, "block_size must not be negative, got %d", blockSize)
    }
  }

  /// The layout for a tensor of shape `x` whose scales have shape `scale`.
  func layout(_ x: [Int], scale: [Int]) throws(RuntimeError) -> QuantizedLayout {
    let count = x.productSaturating
    if blockSize == 0, scale.productSaturating == 1, scale.count <= 1 { return .tensor(count) }
    let axis = try ShapeRules.axis(axis, rank: x.count)
    let (outer, inner) = (x[..<axis].productSaturating, x[(axis + 1)...].productSaturating)
    guard blockSize > 0 else {
      guard scale == [x[axis]] else {
        throw RuntimeError(
          .invalidArgument, "the scale must be a scalar or have shape [%d], got %v", shape: scale, x[axis])
      }
      return QuantizedLayout(outer: outer, axis: x[axis], inner: inner)
    }
    var blocks = x
    blocks[axis] = x[axis] / blockSize + (x[axis] % blockSize == 0 ? 0 : 1)
    guard scale == blocks else {
      throw RuntimeError(
        .invalidArgument, "the scale of blocks of %d must have shape %v, got %v", shapes: blocks, scale, blockSize)
    }
    return QuantizedLayout(outer: outer, axis: x[axis], inner: inner, block: blockSize)
  }

  /// A zero point lies as the scale does and is of the quantised type.
  func check(zeroPoint: Fact?, scale: Fact) throws(RuntimeError) {
    guard let zeroPoint else { return }
    guard zeroPoint.shape == scale.shape || zeroPoint.count == 1 && scale.count == 1 else {
      throw RuntimeError(
        .invalidArgument, "the zero point must have the scale's shape %v, got %v",
        shapes: scale.shape, zeroPoint.shape)
    }
  }
}

extension ElementType {
  /// The type as quantising kernels know it; integers of less than a byte are worked on as bytes.
  var quantized: QuantizedType? {
    switch self {
    case .uint8, .uint4, .uint2: .uint8
    case .int8, .int4, .int2: .int8
    case .uint16: .uint16
    case .int16: .int16
    case .int32: .int32
    default: nil
    }
  }

  /// Whether several elements share a byte.
  var isPacked: Bool { bitWidth > 0 && bitWidth < 8 }

  /// The whole byte that integers of less than one are unpacked to.
  var unpacked: ElementType {
    switch self {
    case .uint4, .uint2: .uint8
    case .int4, .int2: .int8
    default: self
    }
  }

  /// A float of at most a byte.
  var isSmallFloat: Bool {
    switch self {
    case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float4e2m1, .float6e2m3, .float6e3m2: true
    default: false
    }
  }
}

extension TypeSet {
  /// What a float can be quantised to.
  static let quantized: TypeSet = [
    .init(.uint8), .init(.int8), .init(.uint16), .init(.int16), .init(.uint4), .init(.int4), .init(.uint2),
    .init(.int2), .init(.float8e4m3fn), .init(.float8e4m3fnuz), .init(.float8e5m2), .init(.float8e5m2fnuz),
    .init(.float4e2m1), .init(.float6e2m3), .init(.float6e3m2),
  ]
}

extension ScratchMemory {
  /// The tensor itself if it is of `type`, else a copy that was converted to it.
  mutating func converted(_ tensor: Tensor, to type: ElementType, on platform: Platform) -> Tensor {
    if tensor.type == type { return tensor }
    let copy = self.tensor(type, tensor.shape)
    cast(tensor, into: copy, on: platform)
    return copy
  }

  /// The bytes that `converted` takes.
  static func converting(_ fact: Fact, to type: ElementType) -> Int {
    fact.type == type ? 0 : byteCount(type.byteCount(fact.count))
  }
}
