import Tensors

/// `out` is `data` with the elements that `indices` point at along `axis` replaced by `updates`, or combined with them;
/// in order, so that of duplicates the last one stays. `out` may be `data`.
public func scatterElements(
  _ data: Tensor, _ indices: Tensor, _ updates: Tensor, axis: Int, reduction: BinaryRows?, into out: Tensor
) {
  copyAll(data, to: out)
  if let reduction, out.type.isRowType, let combine = reduction[out.type.rowType!] {
    let (width, target, source) = (out.type.byteWidth, out.bytes, updates.bytes)
    forEachElement(of: indices, in: data.shape, axis: axis) { i, at in
      combine(target + at &* width, source + i &* width, target + at &* width, 1)
    }
    return
  }
  forEachElement(of: indices, in: data.shape, axis: axis) { i, at in
    put(updates, i, into: out, at, count: 1, reduction)
  }
}

/// `out` is `data` with the slices that the index tuples [..., depth] point at replaced by `updates`, or combined with
/// them, in order. `out` may be `data`.
public func scatterND(
  _ data: Tensor, _ indices: Tensor, _ updates: Tensor, reduction: BinaryRows?, into out: Tensor
) {
  copyAll(data, to: out)
  forEachSlice(of: indices, in: data.shape, batchDims: 0) { i, at, size in
    put(updates, i * size, into: out, at, count: size, reduction)
  }
}

private func put(_ updates: Tensor, _ i: Int, into out: Tensor, _ at: Int, count: Int, _ reduction: BinaryRows?) {
  guard let reduction else { return copyElements(updates, i, to: out, at, count: count) }
  let width = out.type.byteWidth
  combine(
    reduction, out.type, out.bytes + at * width, updates.bytes + i * width, into: out.bytes + at * width, count: count)
}
