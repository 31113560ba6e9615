/// The dims of a tensor, outermost first. `[]` is a scalar.
public struct Shape: Hashable, Sendable {
  public let dims: [Int]

  /// The number of elements; `Int.max` where the product exceeds it, which no allocation grants.
  public let count: Int

  public init(_ dims: [Int]) {
    self.dims = dims
    count = dims.productSaturating
  }

  public static let scalar = Shape([])

  public var rank: Int { dims.count }
  public var isEmpty: Bool { count == 0 }

  public subscript(axis: Int) -> Int { dims[axis] }

  /// The distance in elements between neighbours along each axis, packed row-major.
  public var strides: [Int] { dims.packedStrides }
}

extension Shape: ExpressibleByArrayLiteral {
  public init(arrayLiteral dims: Int...) { self.init(dims) }
}

extension RandomAccessCollection<Int> {
  /// The product, or `Int.max` where it exceeds that; any 0 makes it 0.
  public var productSaturating: Int {
    var product = 1
    var overflowed = false
    for dim in self {
      if dim == 0 { return 0 }
      let (next, overflow) = product.multipliedReportingOverflow(by: dim)
      overflowed = overflowed || overflow
      product = overflow ? 1 : next
    }
    return overflowed ? .max : product
  }
}

extension [Int] {
  /// The strides, in elements, of a packed row-major tensor of these dims.
  public var packedStrides: [Int] {
    var strides = [Int](repeating: 1, count: count)
    var axis = count - 1
    while axis > 0 {
      strides[axis - 1] = strides[axis] &* self[axis]
      axis -= 1
    }
    return strides
  }
}
