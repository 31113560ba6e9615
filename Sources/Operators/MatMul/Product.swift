import Tensors

/// The sizes of a broadcast product of matrices.
struct Product {
  /// Rows and columns of a matrix of the result, and the terms of each sum.
  private(set) var m: Int
  let n: Int
  let k: Int
  /// The dims of the result, and of its factors, in front of their matrices.
  private var outer: [Int]
  private let aOuter: ArraySlice<Int>
  private let bOuter: ArraySlice<Int>
  // A vector has no row, or no column, in the result.
  private let hasRows: Bool
  private let hasColumns: Bool

  init(_ a: [Int], _ b: [Int], _ transposesA: Bool, _ transposesB: Bool) throws(RuntimeError) {
    guard !a.isEmpty, !b.isEmpty else {
      throw RuntimeError(.invalidArgument, "matrices must have rank 1 or more, got %v and %v", shapes: a, b)
    }
    (hasRows, hasColumns) = (a.count > 1, b.count > 1)
    let (aLast, bLast) = (a[a.count - 1], b[b.count - 1])
    let (aFirst, bFirst) = (hasRows ? a[a.count - 2] : 1, hasColumns ? b[b.count - 2] : 1)
    (m, k) = transposesA && hasRows ? (aLast, aFirst) : (aFirst, aLast)
    let depth: Int
    (depth, n) = transposesB || !hasColumns ? (bLast, bFirst) : (bFirst, bLast)
    guard depth == k else {
      throw RuntimeError(.invalidArgument, "the inner dims must agree, got shapes %v and %v", shapes: a, b)
    }
    (aOuter, bOuter) = (a.dropLast(2), b.dropLast(2))
    outer = aOuter.isEmpty && bOuter.isEmpty ? [] : try ShapeRules.broadcast(Array(aOuter), Array(bOuter))
  }

  /// The shape of the result.
  var dims: [Int] {
    var dims: [Int] = []
    dims.reserveCapacity(outer.count + 2)
    dims += outer
    if hasRows { dims.append(m) }
    if hasColumns { dims.append(n) }
    return dims
  }

  /// The matrices of the result.
  var count: Int { outer.productSaturating }

  /// For every matrix of the result, in order, where its factors start, in elements. As many as the result has, so only
  /// for when there is memory for that.
  var batches: [(a: Int, b: Int)] {
    if outer.isEmpty { return [(0, 0)] }
    let aStrides = Product.strides(aOuter, to: outer, matrix: m * k)
    let bStrides = Product.strides(bOuter, to: outer, matrix: k * n)
    var batches: [(a: Int, b: Int)] = []
    batches.reserveCapacity(count)
    var index = [Int](repeating: 0, count: outer.count)
    var offset = (a: 0, b: 0)
    for _ in 0..<count {
      batches.append(offset)
      var axis = outer.count - 1
      while axis >= 0 {
        index[axis] += 1
        offset.a += aStrides[axis]
        offset.b += bStrides[axis]
        if index[axis] < outer[axis] { break }
        offset.a -= aStrides[axis] * outer[axis]
        offset.b -= bStrides[axis] * outer[axis]
        index[axis] = 0
        axis -= 1
      }
    }
    return batches
  }

  /// The strides, in elements, of broadcast outer dims; 0 along those that are repeated.
  private static func strides(_ dims: ArraySlice<Int>, to outer: [Int], matrix: Int) -> [Int] {
    var strides = [Int](repeating: 0, count: outer.count)
    var stride = matrix
    for (i, dim) in dims.reversed().enumerated() {
      strides[outer.count - 1 - i] = dim == 1 ? 0 : stride
      stride *= dim
    }
    return strides
  }

  /// One tall product instead of many where each left matrix, none transposed, is multiplied once, and all with one right
  /// one.
  mutating func foldBatches() {
    let count = count
    guard count > 1, bOuter.productSaturating == 1, aOuter.productSaturating == count else { return }
    m *= count
    outer = []
  }
}
