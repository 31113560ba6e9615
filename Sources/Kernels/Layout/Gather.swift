import Tensors

/// Slices of `data` along `axis`, one for each index: [outer, dim, inner] to [outer, indices, inner].
public func gather(_ data: Tensor, _ indices: Tensor, axis: Int, into out: Tensor, on platform: Platform) {
  let dim = data.shape[axis]
  let inner = data.shape.dims[(axis + 1)...].productSaturating
  let outer = data.shape.dims[..<axis].productSaturating
  let count = indices.count
  let positions = Indices(indices)
  guard inner > 0 else { return }
  let platform = data.type == .string ? .serial : platform
  forEach(outer * count, byteCount: inner * data.type.byteWidth, on: platform) { range in
    for line in range {
      let block = line / count
      let at = (block * dim + positions.position(line - block * count, in: dim)) * inner
      copyElements(data, at, to: out, line * inner, count: inner)
    }
  }
}

/// `out[i][j][k] = data[indices[i][j][k]][j][k]` for axis 0, and likewise for others; `out` has the shape of `indices`.
public func gatherElements(_ data: Tensor, _ indices: Tensor, axis: Int, into out: Tensor) {
  let isWord = data.type.byteWidth == 4
  let source = data.bytes.assumingMemoryBound(to: UInt32.self)
  let target = out.bytes.assumingMemoryBound(to: UInt32.self)
  if isWord {
    forEachElement(of: indices, in: data.shape, axis: axis) { i, at in target[i] = source[at] }
  } else {
    forEachElement(of: indices, in: data.shape, axis: axis) { i, at in copyElements(data, at, to: out, i, count: 1) }
  }
}

/// The slices of `data` that index tuples [batch..., indices..., depth] point at, with `batchDims` leading dims in
/// common.
public func gatherND(_ data: Tensor, _ indices: Tensor, batchDims: Int, into out: Tensor) {
  forEachSlice(of: indices, in: data.shape, batchDims: batchDims) { i, at, size in
    copyElements(data, at, to: out, i * size, count: size)
  }
}

/// Calls `body` with every position of `indices` and the element of a tensor of `shape` that the index there points at.
@inline(__always)
func forEachElement(of indices: Tensor, in shape: Shape, axis: Int, _ body: (_ i: Int, _ at: Int) -> Void) {
  let dims = indices.shape.dims
  let steps = shape.strides
  let positions = Indices(indices)
  guard let length = dims.last else { return body(0, 0) }
  guard indices.count > 0 else { return }
  let (dim, step, across) = (shape[axis], steps[axis], axis == dims.count - 1 ? 0 : 1)
  for row in 0..<indices.count / length {
    // Where the row starts, but for the indexed axis.
    var (rest, base) = (row, 0)
    var k = dims.count - 2
    while k >= 0 {
      if k != axis { base += rest % dims[k] * steps[k] }
      rest /= dims[k]
      k -= 1
    }
    let first = row &* length
    positions.forEachPosition(first..<first &+ length, in: dim) { i, position in
      body(i, base &+ position &* step &+ (i &- first) &* across)
    }
  }
}

/// Calls `body` with the number of every index tuple, where its slice of a tensor of `shape` starts, and the slice's
/// size in elements.
@inline(__always)
func forEachSlice(
  of indices: Tensor, in shape: Shape, batchDims: Int, _ body: (_ i: Int, _ at: Int, _ size: Int) -> Void
) {
  let depth = indices.shape.dims.last!
  let steps = shape.strides
  let size = shape.dims[(batchDims + depth)...].productSaturating
  let count = indices.shape.dims.dropLast().productSaturating
  let batches = shape.dims[..<batchDims].productSaturating
  let positions = Indices(indices)
  guard count > 0, size > 0 else { return }
  let perBatch = count / batches
  let batchStep = shape.dims[batchDims...].productSaturating
  for i in 0..<count {
    var at = i / perBatch * batchStep
    for k in 0..<depth { at += positions.position(i * depth + k, in: shape[batchDims + k]) * steps[batchDims + k] }
    body(i, at, size)
  }
}
