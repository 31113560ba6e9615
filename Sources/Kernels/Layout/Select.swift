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
  // A scalar counts as one element of rank 1.
  let dims = x.shape.rank > 0 ? x.shape.dims : [1]
  let length = dims[rank - 1]
  let columns = target + (rank - 1) * count
  var (next, row, column, first) = (0, 0, 0, 0)
  Tile.with { tile in
    let truths = tile.assumingMemoryBound(to: Int64.self)
    while next < count {
      let n = min(RowType.i64.tileCount, x.count - first)
      loadTruth(x, first, n, into: tile)
      var k = 0
      while k < n {
        // Within a row the other indices stay. Every column is written; the next one overwrites what does not count.
        let (end, begin) = (min(n, k &+ length &- column), next)
        while k < end, next < count {
          columns[next] = Int64(column)
          next &+= truths[k] == 0 ? 0 : 1
          column &+= 1
          k &+= 1
        }
        if next == count { k = n }
        var rest = row
        var axis = rank - 2
        while axis >= 0, next > begin {
          let (above, index) = rest.quotientAndRemainder(dividingBy: dims[axis])
          for i in begin..<next { target[axis &* count &+ i] = Int64(index) }
          rest = above
          axis -= 1
        }
        if column == length { (row, column) = (row &+ 1, 0) }
      }
      first += n
    }
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
