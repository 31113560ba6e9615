import Tensors

/// Where the elements beside the data come from.
public enum PadMode: Sendable {
  /// One value, given to `pad`.
  case constant
  /// The data mirrored at its first and last element, which are not repeated.
  case reflect
  /// The first and last element.
  case edge
  /// The data over and over.
  case wrap

  /// The position in a dim of `size` that position `i`, beside it, shows.
  fileprivate func position(_ i: Int, _ size: Int) -> Int {
    switch self {
    case .constant: return i
    case .edge: return min(max(i, 0), size - 1)
    case .wrap: return (i % size + size) % size
    case .reflect:
      if size == 1 { return 0 }
      let period = 2 * (size - 1)
      let inside = (i % period + period) % period
      return min(inside, period - inside)
    }
  }
}

/// Puts `before[k]` elements in front of axis `k` and `after[k]` behind it; negative counts take elements away.
///
/// `value` is a tensor of one element, used by `.constant`, or `nil` for zeros. In the other modes no dim that remains
/// may be empty where elements are added.
public func pad(
  _ x: Tensor, before: [Int], after: [Int], mode: PadMode, value: Tensor?, into out: Tensor, on platform: Platform
) {
  if out.count == 0 { return }
  if mode == .constant {
    if let value {
      fill(out, with: value)
    } else if out.type != .string {
      out.bytes.initializeMemory(as: UInt8.self, repeating: 0, count: out.byteCount)
    }
  }
  let rank = x.shape.rank
  let (steps, outSteps) = (x.shape.strides, out.shape.strides)
  // What remains of the data, and where it starts in both tensors.
  var (kept, from, at) = (x.shape.dims, 0, 0)
  for axis in 0..<rank {
    kept[axis] += min(before[axis], 0) + min(after[axis], 0)
    from += max(-before[axis], 0) * steps[axis]
    at += max(before[axis], 0) * outSteps[axis]
  }
  if kept.contains(where: { $0 <= 0 }) { return }
  copyStrided(x, from, steps, to: out, at, outSteps, dims: kept, on: platform)
  guard mode != .constant else { return }
  // Axis by axis, whole slabs of what is filled already: before this axis all of the output, behind it the data.
  var slab = kept
  for axis in 0..<rank {
    let (front, size) = (max(before[axis], 0), kept[axis])
    var base = at
    slab[axis] = 1
    for k in 0..<axis { base -= max(before[k], 0) * outSteps[k] }
    for i in 0..<out.shape[axis] where i < front || i >= front + size {
      let shown = mode.position(i - front, size)
      copyStrided(
        out, base + shown * outSteps[axis], outSteps, to: out, base + (i - front) * outSteps[axis], outSteps,
        dims: slab, on: platform)
    }
    slab[axis] = out.shape[axis]
  }
}
