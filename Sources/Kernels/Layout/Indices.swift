import Tensors

/// The elements of an int32 or int64 tensor as positions along a dim; negative ones count from its end.
struct Indices {
  private let base: UnsafeRawPointer
  private let isWide: Bool

  init(_ tensor: Tensor) {
    assert(tensor.type == .int64 || tensor.type == .int32)
    base = UnsafeRawPointer(tensor.bytes)
    isWide = tensor.type == .int64
  }

  /// Element `i`, clamped to `Int`.
  @inline(__always)
  subscript(i: Int) -> Int {
    isWide
      ? Int(clamping: base.load(fromByteOffset: i * 8, as: Int64.self))
      : Int(base.load(fromByteOffset: i * 4, as: Int32.self))
  }

  /// The position that element `i` says, which is known to lie in the dim.
  @inline(__always)
  func position(_ i: Int, in dim: Int) -> Int { isWide ? wide(i, dim) : narrow(i, dim) }

  /// Calls `body` with elements and the positions that they say.
  @inline(__always)
  func forEachPosition(_ range: Range<Int>, in dim: Int, _ body: (_ i: Int, _ position: Int) -> Void) {
    if isWide {
      for i in range { body(i, wide(i, dim)) }
    } else {
      for i in range { body(i, narrow(i, dim)) }
    }
  }

  @inline(__always)
  private func wide(_ i: Int, _ dim: Int) -> Int {
    let index = Int(truncatingIfNeeded: base.load(fromByteOffset: i &* 8, as: Int64.self))
    return index &+ (index &>> (Int.bitWidth &- 1) & dim)
  }

  @inline(__always)
  private func narrow(_ i: Int, _ dim: Int) -> Int {
    let index = Int(base.load(fromByteOffset: i &* 4, as: Int32.self))
    return index &+ (index &>> (Int.bitWidth &- 1) & dim)
  }

  /// Whether all of the first `count` elements are in -dim..<dim. A bound that is crossed leaves a sign.
  fileprivate func areAllWithin(_ dim: Int, count: Int) -> Bool {
    if isWide {
      var signs: Int64 = 0
      let (elements, dim) = (base.assumingMemoryBound(to: Int64.self), Int64(dim))
      for i in 0..<count { signs |= (elements[i] &+ dim) | (dim &- 1 &- elements[i]) }
      return signs >= 0
    }
    return (0..<count).allSatisfy { self[$0] >= -dim && self[$0] < dim }
  }
}

/// One of the indices that is not in -dim..<dim, or `nil`. Of a tensor [..., depth] of index tuples, `dims` are the
/// `depth` dims that they count in.
public func firstIndexOutside(_ indices: Tensor, dims: [Int]) -> Int? {
  let reader = Indices(indices)
  if dims.count == 1, reader.areAllWithin(dims[0], count: indices.count) { return nil }
  for k in 0..<dims.count {
    let dim = dims[k]
    var i = k
    while i < indices.count {
      let index = reader[i]
      if index < -dim || index >= dim { return index }
      i &+= dims.count
    }
  }
  return nil
}
