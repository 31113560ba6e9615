import Tensors

/// Copies `count` neighbouring elements, from element `i` of `source` to element `j` of `target`, of one type.
@inline(__always)
public func copyElements(_ source: Tensor, _ i: Int, to target: Tensor, _ j: Int, count: Int) {
  let width = source.type.byteWidth
  if width > 0 {
    (target.bytes + j * width).copyMemory(from: source.bytes + i * width, byteCount: count * width)
  } else {
    copySlowly(source, i, 1, to: target, j, 1, count: count)
  }
}

/// Elements that have no address of their own: strings, and those that share a byte.
@inline(never)
func copySlowly(_ source: Tensor, _ i: Int, _ stepI: Int, to target: Tensor, _ j: Int, _ stepJ: Int, count: Int) {
  assert(source.type == target.type)
  for k in 0..<count {
    if source.type == .string {
      target.storage.strings[j + k * stepJ] = source.storage.strings[i + k * stepI]
    } else {
      Tile.setBits(source.type, target.bytes, j + k * stepJ, Tile.bits(source.type, source.bytes, i + k * stepI))
    }
  }
}

/// Sets every element of `target` to element `i` of `source`.
public func fill(_ target: Tensor, with source: Tensor, at i: Int = 0) {
  copyStrided(source, i, [0], to: target, 0, [1], dims: [target.count], on: .serial)
}

/// Copies all elements of a tensor to one of the same type and count, unless they are there already.
public func copyAll(_ source: Tensor, to target: Tensor) {
  assert(source.type == target.type && source.count == target.count)
  if source.type == .string {
    target.storage.strings = source.storage.strings
  } else if source.bytes != target.bytes {
    target.bytes.copyMemory(from: source.bytes, byteCount: source.byteCount)
  }
}

/// Runs `body` for each of `count` things of `byteCount` bytes, on several threads where they are large.
func forEach(_ count: Int, byteCount: Int, on platform: Platform, _ body: (Range<Int>) -> Void) {
  let bytes = count.multipliedReportingOverflow(by: byteCount)
  platform.parallelRanges(count, grain: 1, unit: 1, if: bytes.overflow || bytes.partialValue >= 1 << 18, body)
}
