import Tensors

/// Copies a box of elements between two layouts: transposing, slicing, expanding, padding, joining and splitting.
///
/// The element at index `[i, j, …]` of `dims` is read at `from + i * sourceSteps[0] + j * sourceSteps[1] + …` and written
/// likewise; all counted in elements. A step may be 0 in the source, and negative in either. No element is written
/// twice, and the boxes do not overlap.
public func copyStrided(
  _ source: Tensor, _ from: Int, _ sourceSteps: [Int], to target: Tensor, _ at: Int, _ targetSteps: [Int],
  dims: [Int], on platform: Platform
) {
  assert(source.type == target.type && sourceSteps.count == dims.count && targetSteps.count == dims.count)
  if dims.contains(0) { return }
  let width = source.type.byteWidth
  let box = StridedBox(dims, sourceSteps, targetSteps, inBlocks: width > 0)
  if width == 0 {
    box.forEachLine(in: 0..<box.lineCount, from, at) { i, j in
      copySlowly(source, i, box.inner.sourceStep, to: target, j, box.inner.targetStep, count: box.inner.size)
    }
    return
  }
  forEach(box.lineCount, byteCount: box.lineSize * width, on: platform) { range in
    let (s, t) = (source.bytes + from * width, target.bytes + at * width)
    if box.inner.sourceStep == 1, box.inner.targetStep == 1 {
      let byteCount = box.inner.size * width
      if byteCount <= 64 {
        box.forEachLine(in: range, 0, 0) { i, j in copyFewBytes(s + i &* width, t + j &* width, byteCount) }
      } else {
        box.forEachLine(in: range, 0, 0) { i, j in
          (t + j * width).copyMemory(from: s + i * width, byteCount: byteCount)
        }
      }
      return
    }
    switch width {
    case 1: box.copy(s, t, range, UInt8.self)
    case 2: box.copy(s, t, range, UInt16.self)
    case 4: box.copy(s, t, range, UInt32.self)
    case 8: box.copy(s, t, range, UInt64.self)
    default: box.copy(s, t, range, SIMD2<UInt64>.self)
    }
  }
}

/// Reorders the dims: axis `k` of `target` is axis `permutation[k]` of `source`.
public func transpose(_ source: Tensor, into target: Tensor, permutation: [Int], on platform: Platform) {
  let steps = source.shape.strides
  copyStrided(
    source, 0, permutation.map { steps[$0] }, to: target, 0, target.shape.strides, dims: target.shape.dims, on: platform
  )
}

/// The box with neighbouring dims joined where both layouts allow it, and split into lines along the innermost dim, or
/// into blocks where that dim is contiguous in the target and another one is in the source.
private struct StridedBox {
  struct Dim {
    var size: Int
    var sourceStep: Int
    var targetStep: Int
  }

  /// The dims outside a line or block, outermost first.
  private var outer: [Dim] = []
  private(set) var inner = Dim(size: 1, sourceStep: 1, targetStep: 1)
  /// The dim that is contiguous in the source, where that is not `inner`: its size is that of a whole block or less.
  private var column: Dim?
  let lineCount: Int
  /// The elements in a line or block.
  let lineSize: Int

  /// The side of a square block, which fits the first-level cache twice.
  private static let blockSide = 32
  /// The columns of a block: more where its lines are short, as blocks of pixels are.
  private var columnCount = Self.blockSide

  init(_ dims: [Int], _ sourceSteps: [Int], _ targetSteps: [Int], inBlocks: Bool) {
    for (axis, size) in dims.enumerated() where size != 1 {
      let dim = Dim(size: size, sourceStep: sourceSteps[axis], targetStep: targetSteps[axis])
      if let last = outer.last, last.sourceStep == dim.sourceStep * size, last.targetStep == dim.targetStep * size {
        outer[outer.count - 1] = Dim(size: last.size * size, sourceStep: dim.sourceStep, targetStep: dim.targetStep)
      } else {
        outer.append(dim)
      }
    }
    if let last = outer.popLast() { inner = last }
    var count = 1
    var size = inner.size
    if inBlocks, inner.targetStep == 1, inner.sourceStep != 1, let axis = outer.lastIndex(where: { $0.sourceStep == 1 })
    {
      let whole = outer.remove(at: axis)
      column = whole
      if inner.size < 8 { columnCount = 16 * Self.blockSide }
      // Blocks, not single lines, are what threads share out.
      count = (whole.size + columnCount - 1) / columnCount
      size *= min(whole.size, columnCount)
    }
    for dim in outer { count *= dim.size }
    lineCount = count
    lineSize = size
  }

  /// Calls `body` with where each line or block starts in the source and in the target.
  @inline(__always)
  func forEachLine(in range: Range<Int>, _ from: Int, _ at: Int, _ body: (Int, Int) -> Void) {
    var line = range.lowerBound
    let innermost = outer.last ?? Dim(size: 1, sourceStep: 0, targetStep: 0)
    while line < range.upperBound {
      var (rest, first) = line.quotientAndRemainder(dividingBy: innermost.size)
      var (i, j) = (from + first * innermost.sourceStep, at + first * innermost.targetStep)
      var axis = outer.count - 2
      while axis >= 0 {
        let dim = outer[axis]
        let next = rest / dim.size
        i += (rest - next * dim.size) * dim.sourceStep
        j += (rest - next * dim.size) * dim.targetStep
        rest = next
        axis -= 1
      }
      // What is left counts blocks of columns; without any it is 0.
      if let column {
        i += rest * columnCount
        j += rest * columnCount * column.targetStep
      }
      // The lines of the innermost dim need no divisions.
      while first < innermost.size, line < range.upperBound {
        body(i, j)
        i &+= innermost.sourceStep
        j &+= innermost.targetStep
        first &+= 1
        line &+= 1
      }
    }
  }

  @inline(__always)
  func copy<T: BitwiseCopyable>(
    _ source: UnsafeMutableRawPointer, _ target: UnsafeMutableRawPointer, _ range: Range<Int>, _: T.Type
  ) {
    let source = UnsafePointer(source.assumingMemoryBound(to: T.self))
    let target = target.assumingMemoryBound(to: T.self)
    var outerCount = 1
    for dim in outer { outerCount *= dim.size }
    var line = range.lowerBound
    forEachLine(in: range, 0, 0) { i, j in
      if let column {
        let height = min(columnCount, column.size - line / outerCount * columnCount)
        copyBlocks(source + i, target + j, height, column.targetStep)
        line += 1
      } else {
        var (s, t) = (source + i, target + j)
        for _ in 0..<inner.size {
          t.pointee = s.pointee
          s += inner.sourceStep
          t += inner.targetStep
        }
      }
    }
  }

  /// Transposes `inner.size` lines of `height` neighbours into `height` lines of `inner.size`, a square at a time.
  @inline(__always)
  private func copyBlocks<T>(_ s: UnsafePointer<T>, _ t: UnsafeMutablePointer<T>, _ height: Int, _ targetStep: Int) {
    if inner.size < 4 || height < 4 {
      copyFew(s, t, height, targetStep)
      return
    }
    var left = 0
    while left < inner.size {
      let right = min(left + Self.blockSide, inner.size)
      var row = 0
      if MemoryLayout<T>.size == 4 {
        while row &+ 4 <= height {
          var i = left
          while i &+ 4 <= right {
            transposeSquare(
              UnsafeRawPointer(s + row + i * inner.sourceStep), inner.sourceStep * 4,
              UnsafeMutableRawPointer(t + row * targetStep + i), targetStep * 4)
            i &+= 4
          }
          for r in row..<row &+ 4 {
            for k in i..<right { t[r &* targetStep &+ k] = s[r &+ k &* inner.sourceStep] }
          }
          row &+= 4
        }
      }
      while row < height {
        for k in left..<right { t[row &* targetStep &+ k] = s[row &+ k &* inner.sourceStep] }
        row &+= 1
      }
      left = right
    }
  }
}

extension StridedBox {
  /// A block of few lines or few columns: each of them in turn, and pairs of four bytes a vector at a time.
  @inline(__always)
  private func copyFew<T>(_ s: UnsafePointer<T>, _ t: UnsafeMutablePointer<T>, _ height: Int, _ targetStep: Int) {
    if inner.size < 4 {
      var i = 0
      if MemoryLayout<T>.size == 4, inner.size == 2, targetStep == 2 {
        let (a, b) = (UnsafeRawPointer(s), UnsafeRawPointer(s + inner.sourceStep))
        let to = UnsafeMutableRawPointer(t)
        while i &+ 4 <= height {
          let x = (a + 4 &* i).loadUnaligned(as: Lanes.self)
          let y = (b + 4 &* i).loadUnaligned(as: Lanes.self)
          (to + 8 &* i).storeBytes(of: interleaveLow(x, y), as: Lanes.self)
          (to + (8 &* i &+ 16)).storeBytes(of: interleaveHigh(x, y), as: Lanes.self)
          i &+= 4
        }
      }
      for k in 0..<inner.size {
        var (from, to) = (s + (k &* inner.sourceStep &+ i), t + (i &* targetStep &+ k))
        for _ in i..<height {
          to.pointee = from.pointee
          from += 1
          to += targetStep
        }
      }
      return
    }
    for row in 0..<height {
      let (from, to) = (s + row, t + row &* targetStep)
      var i = 0
      if MemoryLayout<T>.size == 4, inner.sourceStep == 2 {
        // The last of eight is there as long as another one follows.
        while i &+ 4 < inner.size {
          let p = UnsafeRawPointer(from + 2 &* i)
          let lanes = evenLanes(p.loadUnaligned(as: Lanes.self), (p + 16).loadUnaligned(as: Lanes.self))
          UnsafeMutableRawPointer(to + i).storeBytes(of: lanes, as: Lanes.self)
          i &+= 4
        }
      }
      while i < inner.size {
        to[i] = from[i &* inner.sourceStep]
        i &+= 1
      }
    }
  }
}

/// Copies up to 64 bytes, for which a call of memmove would take longer than they do.
@inline(__always)
private func copyFewBytes(_ s: UnsafeRawPointer, _ t: UnsafeMutableRawPointer, _ count: Int) {
  var i = 0
  while i &+ 16 <= count {
    (t + i).storeBytes(of: (s + i).loadUnaligned(as: Lanes.self), as: Lanes.self)
    i &+= 16
  }
  if i &+ 8 <= count {
    (t + i).storeBytes(of: (s + i).loadUnaligned(as: UInt64.self), as: UInt64.self)
    i &+= 8
  }
  if i &+ 4 <= count {
    (t + i).storeBytes(of: (s + i).loadUnaligned(as: UInt32.self), as: UInt32.self)
    i &+= 4
  }
  while i < count {
    t.storeBytes(of: s.load(fromByteOffset: i, as: UInt8.self), toByteOffset: i, as: UInt8.self)
    i &+= 1
  }
}

/// Transposes four rows of four 32-bit elements; steps in bytes.
@inline(__always)
private func transposeSquare(
  _ s: UnsafeRawPointer, _ sourceStep: Int, _ t: UnsafeMutableRawPointer, _ targetStep: Int
) {
  let columns = transpose4(
    s.loadUnaligned(as: Lanes.self), (s + sourceStep).loadUnaligned(as: Lanes.self),
    (s + 2 * sourceStep).loadUnaligned(as: Lanes.self), (s + 3 * sourceStep).loadUnaligned(as: Lanes.self))
  t.storeBytes(of: columns.0, as: Lanes.self)
  (t + targetStep).storeBytes(of: columns.1, as: Lanes.self)
  (t + 2 * targetStep).storeBytes(of: columns.2, as: Lanes.self)
  (t + 3 * targetStep).storeBytes(of: columns.3, as: Lanes.self)
}
