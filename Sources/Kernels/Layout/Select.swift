import Tensors

/// The slices of `x` along `axis` where the condition [flags] is true, in order.
public func compress(_ x: Tensor, _ condition: Tensor, axis: Int, into out: Tensor) {
  let flags = condition.bytes.assumingMemoryBound(to: UInt8.self)
  let dim = x.shape[axis]
  let inner = x.shape.dims[(axis + 1)...].productSaturating
  var next = 0
  for block in 0..<x.shape.dims[..<axis].productSaturating {
    for i in 0..<min(dim, condition.count) where flags[i] != 0 {
      copyElements(x, (block * dim + i) * inner, to: out, next, count: inner)
      next += inner
    }
  }
}

/// The number of elements that are not 0, nor false.
public func countNonZero(_ x: Tensor) -> Int {
  var count = 0
  forEachNonZero(x) { _ in count += 1 }
  return count
}

/// The indices of the elements that are not 0, in row-major order: `out` is int64 [rank, count].
public func nonZeroIndices(_ x: Tensor, into out: Tensor) {
  let target = out.bytes.assumingMemoryBound(to: Int64.self)
  let (rank, count) = (out.shape[0], out.shape[1])
  var next = 0
  forEachNonZero(x) { i in
    var rest = i
    for axis in (0..<rank).reversed() {
      // A scalar counts as one element of rank 1.
      let dim = axis < x.shape.rank ? x.shape[axis] : 1
      target[axis * count + next] = Int64(rest % dim)
      rest /= dim
    }
    next += 1
  }
}

@inline(__always)
private func forEachNonZero(_ x: Tensor, _ body: (Int) -> Void) {
  Tile.with { tile in
    var first = 0
    while first < x.count {
      let n = min(RowType.i64.tileCount, x.count - first)
      loadTruth(x, first, n, into: tile)
      for i in 0..<n where tile.load(fromByteOffset: i * 8, as: Int64.self) != 0 { body(first + i) }
      first += n
    }
  }
}

/// [outer, positions, inner] of `off`, with `on` where the position is the index: `values` is [off, on], and indices of
/// any number type outside -depth..<depth set nothing.
public func oneHot(_ indices: Tensor, depth: Int, values: Tensor, axis: Int, into out: Tensor) {
  fill(out, with: values, at: 0)
  let inner = indices.shape.dims[axis...].productSaturating
  Tile.with { tile in
    var first = 0
    while first < indices.count {
      let n = min(RowType.i64.tileCount, indices.count - first)
      Tile.load(indices.type, indices.bytes, first: first, count: n, as: .i64, into: tile)
      for i in 0..<n {
        let index = Int(clamping: tile.load(fromByteOffset: i * 8, as: Int64.self))
        guard index >= -depth, index < depth else { continue }
        let position = index < 0 ? index + depth : index
        let (block, column) = (first + i).quotientAndRemainder(dividingBy: inner)
        copyElements(values, 1, to: out, (block * depth + position) * inner + column, count: 1)
      }
      first += n
    }
  }
}

/// Reverses the first `lengths[batch]` steps of each sequence and keeps the others. `x` is [time, batch, inner], or
/// [batch, time, inner] where `timeAxis` is 1.
public func reverseSequence(_ x: Tensor, lengths: Tensor, timeAxis: Int, into out: Tensor) {
  let (first, second) = (x.shape[0], x.shape[1])
  let inner = x.shape.dims[2...].productSaturating
  let lengths = Indices(lengths)
  for i in 0..<first {
    for j in 0..<second {
      let (time, batch) = timeAxis == 0 ? (i, j) : (j, i)
      let length = lengths[batch]
      let from = time < length ? length - 1 - time : time
      let source = timeAxis == 0 ? from * second + batch : batch * second + from
      copyElements(x, source * inner, to: out, (i * second + j) * inner, count: inner)
    }
  }
}
