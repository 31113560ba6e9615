import CKernels
import Tensors

/// A convolution of bytes: [batch, groups · channels, spatial] with [groups · filters, channels, kernel], as a product
/// of packed weights with columns of the input, exact in int32.
///
/// Positions are taken a chunk at a time. Their windows become panels of eight columns, as `Int8Pack` has the right
/// factor; a window of one without stride is packed from where it lies. Padding is the input's zero point. A few filters
/// at a time are multiplied, and their sums stored, while they are in the first-level cache.
public struct ConvolutionInt8 {
  /// The bytes of the input, and its zero point.
  public struct Input {
    var bytes: UnsafePointer<UInt8>
    var isSigned: Bool
    var zero: UInt8

    public init(_ bytes: UnsafeRawPointer, isSigned: Bool, zero: UnsafeRawPointer?) {
      self.bytes = bytes.assumingMemoryBound(to: UInt8.self)
      self.isSigned = isSigned
      self.zero = zero?.load(as: UInt8.self) ?? 0
    }

    /// What makes bytes unsigned, and signed.
    var unsignedFlip: UInt8 { isSigned ? 128 : 0 }
    var signedFlip: UInt8 { isSigned ? 0 : 128 }
    /// The zero point of the unsigned bytes; that of the signed ones is 128 less.
    var unsignedZero: Int32 { Int32(zero ^ unsignedFlip) }
  }

  /// Bytes of a chunk's columns, which stay in the second-level cache.
  private static let chunkByteCount = 1 << 17
  /// Filters that are multiplied at a time: a multiple of 4, and of the 12 rows of the widest tile.
  private static let rows = 24

  private let batch: Int
  private let groups: Int
  private let channels: Int
  private let filters: Int
  private let window: Window
  private let depth: Int
  /// Positions, a multiple of 16.
  private let chunk: Int
  /// Bytes of a chunk's packed columns, and of a slot: see `Slot`.
  private let columnByteCount: Int
  private let slotByteCount: Int

  /// `channels` and `filters` are those of one group.
  public init(batch: Int, groups: Int, channels: Int, filters: Int, window: Window) {
    self.batch = batch
    self.groups = groups
    self.channels = channels
    self.filters = filters
    self.window = window
    depth = channels * window.kernel.count
    let positions = window.output.count
    let most = min(512, max(32, ConvolutionInt8.chunkByteCount / max(depth, 1) / 16 * 16))
    let chunks = max(1, (positions + most - 1) / most)
    chunk = ((positions + chunks - 1) / chunks + 15) / 16 * 16
    columnByteCount = [chunk, 4, (depth + 3) / 4].productSaturating
    let rest = chunk * (4 + 4 + 4 + 4 * ConvolutionInt8.rows)
    slotByteCount = columnByteCount > Int.max - rest ? .max : columnByteCount + rest
  }

  // MARK: Weights

  /// Bytes of the packed weights: for each group panels of four filters, `[ceil(filters / 4), ceil(depth / group), 4,
  /// group]` with neighbours in groups as in `Int8Pack`: pairs of int16 less the zero points, or fours of unsigned bytes.
  /// Behind them are the sums of each filter less its zero points, and the zero points that are left to be taken off.
  public static func packedByteCount(groups: Int, filters: Int, depth: Int, group: Int) -> Int {
    [groups, (filters + 3) / 4, 16, (depth + group - 1) / group + 2].productSaturating
  }

  private static func groupByteCount(filters: Int, depth: Int, group: Int) -> Int {
    (filters &+ 3) / 4 &* 16 &* ((depth &+ group &- 1) / group &+ 2)
  }

  /// Packs filters `range`, counted over all groups, given from the first of them on. `zeros` is one zero point, or one
  /// for each filter; nil is 0.
  public static func packWeights(
    _ source: UnsafePointer<UInt8>, filters range: Range<Int>, filters: Int, depth: Int, signed: Bool,
    zeros: UnsafePointer<UInt8>?, zeroPerFilter: Bool, group: Int, into packed: UnsafeMutableRawPointer
  ) {
    let (blocks, quads) = ((depth + group - 1) / group, (filters + 3) / 4)
    for filter in range {
      let (part, row) = filter.quotientAndRemainder(dividingBy: filters)
      let base = packed + part * groupByteCount(filters: filters, depth: depth, group: group)
      let from = source + (filter - range.lowerBound) * depth
      let byte = zeros.map { $0[zeroPerFilter ? filter : 0] } ?? 0
      let zero = signed ? Int32(Int8(bitPattern: byte)) : Int32(byte)
      let quad = base + row / 4 * 16 * blocks
      var sum: Int32 = 0
      for i in 0..<blocks &* group {
        let x = i < depth ? (signed ? Int32(Int8(bitPattern: from[i])) : Int32(from[i])) &- zero : 0
        sum &+= x
        if group == 4 {
          let to = quad + (i >> 2 &* 16 &+ row % 4 &* 4 &+ (i & 3))
          to.storeBytes(of: i < depth ? from[i] ^ (signed ? 128 : 0) : 0, as: UInt8.self)
        } else {
          let to = quad + (i >> 1 &* 16 &+ row % 4 &* 4 &+ (i & 1) &* 2)
          to.storeBytes(of: Int16(truncatingIfNeeded: x), as: Int16.self)
        }
      }
      let sums = (base + quads * 16 * blocks).assumingMemoryBound(to: Int32.self)
      sums[row] = sum
      sums[quads * 4 + row] = group == 4 ? zero &+ (signed ? 128 : 0) : 0
    }
  }

  // MARK: Running

  /// What a thread has for itself: the columns of a chunk; their sums, and what those take off; rows before they are
  /// packed; sums.
  private struct Slot {
    let columns: UnsafeMutableRawPointer
    let columnSums: UnsafeMutablePointer<Int32>
    let terms: UnsafeMutablePointer<Int32>
    let lines: UnsafeMutablePointer<UInt8>
    let sums: UnsafeMutablePointer<Int32>
  }

  private func slot(_ base: UnsafeMutableRawPointer) -> Slot {
    let sums = base + columnByteCount
    return Slot(
      columns: base, columnSums: sums.assumingMemoryBound(to: Int32.self),
      terms: (sums + 4 * chunk).assumingMemoryBound(to: Int32.self),
      lines: (sums + 8 * chunk).assumingMemoryBound(to: UInt8.self),
      sums: (sums + 12 * chunk).assumingMemoryBound(to: Int32.self))
  }

  public func scratchByteCount(threadCount: Int) -> Int { [slotByteCount, threadCount].productSaturating }

  /// Weights are packed in groups of `Int8Pack.group` of this platform.
  public func run(
    _ platform: Platform, _ input: Input, packedWeights: UnsafeRawPointer, _ end: FilterEnd,
    scratch: UnsafeMutableRawPointer
  ) {
    let (positions, inputCount) = (window.output.count, window.input.count)
    let planes = batch &* groups
    guard planes &* filters > 0, positions > 0 else { return }
    let chunks = (positions &+ chunk &- 1) / chunk
    let group = Int8Pack.group(platform)
    let blocks = (depth &+ group &- 1) / group
    let groupByteCount = ConvolutionInt8.groupByteCount(filters: filters, depth: depth, group: group)
    // Where positions and groups do not give every thread enough, filters are split too: columns are then packed for
    // each piece, so that there are few.
    var pieces = 1
    let isSplit = platform.threadCount > 1 && planes &* filters &* positions >= GemmBlock.splitWork / max(depth, 1)
    if isSplit {
      let tasks = planes &* chunks
      pieces = min((platform.threadCount &* 2 &+ tasks &- 1) / tasks, max(1, filters / 16))
    }
    let size = ((filters &+ pieces &- 1) / pieces &+ 3) & ~3
    pieces = (filters &+ size &- 1) / size
    platform.parallelFor(planes &* chunks &* pieces, if: isSplit) { task, index in
      let slot = slot(scratch + index &* slotByteCount)
      let (rest, piece) = task.quotientAndRemainder(dividingBy: pieces)
      let (image, part) = rest.quotientAndRemainder(dividingBy: chunks)
      let range = part &* chunk..<min(positions, (part &+ 1) &* chunk)
      pack(range, input, plane: input.bytes + image &* channels &* inputCount, group: group, slot)
      let weights = packedWeights + image % groups &* groupByteCount
      let sums = (weights + (filters &+ 3) / 4 &* 16 &* blocks).assumingMemoryBound(to: Int32.self)
      let zeros = sums + (filters &+ 3) & ~3
      for i in 0..<chunk { slot.terms[i] = 0 }
      var zero: Int32 = 0
      var row = piece &* size
      let last = min(filters, row &+ size)
      while row < last {
        let count = min(ConvolutionInt8.rows, last &- row)
        multiplyInt8(
          platform, quads: (count &+ 3) / 4, panels: (range.count &+ 7) / 8, blocks: blocks,
          weights + row &* 4 &* blocks, slot.columns, into: slot.sums, ldc: chunk, columnSums: slot.columnSums)
        for r in 0..<count {
          let filter = row &+ r
          if zeros[filter] != zero {
            zero = zeros[filter]
            for i in 0..<chunk { slot.terms[i] = slot.columnSums[i] &* zero }
          }
          end.store(
            slot.sums + r &* chunk, less: slot.terms, plus: (128 &- input.unsignedZero) &* sums[filter],
            count: range.count, filter: image % groups &* filters &+ filter,
            at: (image &* filters &+ filter) &* positions &+ range.lowerBound)
        }
        row &+= count
      }
    }
  }

  // MARK: Columns

  /// The windows of positions `range` of a group's channels as panels of signed bytes, and the sums of their columns
  /// where they come in fours.
  private func pack(
    _ range: Range<Int>, _ input: Input, plane: UnsafePointer<UInt8>, group: Int, _ slot: Slot
  ) {
    let blocks = (depth &+ group &- 1) / group
    let isPlain = window.kernel == .one && window.stride == .one && window.isInside && window.input == window.output
    let planeCount = window.input.count
    // Rows are read sixteen bytes at a time: what lies behind them is in the input too, but for its last ones.
    let end = input.bytes + batch &* groups &* channels &* planeCount
    let readCount = (range.count &+ 15) / 16 &* 16
    let (row, x) = range.lowerBound.quotientAndRemainder(dividingBy: window.output.w)
    let (z, y) = row.quotientAndRemainder(dividingBy: window.output.h)
    let first = Extent(z, y, x)
    if group == 4 { for i in 0..<chunk { slot.columnSums[i] = 0 } }
    var (channel, tap) = (0, Extent.zero)
    for block in 0..<blocks {
      var rows = (
        UnsafePointer(slot.lines), UnsafePointer(slot.lines), UnsafePointer(slot.lines), UnsafePointer(slot.lines)
      )
      for i in 0..<group {
        let line = slot.lines + i &* chunk
        var row = UnsafePointer(line)
        if channel == channels {
          // Zero once it is signed.
          for j in 0..<range.count { line[j] = input.signedFlip }
        } else {
          let from = plane + channel &* planeCount
          if isPlain, end - from >= range.lowerBound &+ readCount {
            row = from + range.lowerBound
          } else {
            fillTap(line, from: first, count: range.count, from, tap, input.zero)
          }
          tap.w &+= 1
          if tap.w == window.kernel.w { (tap.w, tap.h) = (0, tap.h &+ 1) }
          if tap.h == window.kernel.h { (tap.h, tap.d) = (0, tap.d &+ 1) }
          if tap.d == window.kernel.d { (tap.d, channel) = (0, channel &+ 1) }
        }
        switch i {
        case 0: rows.0 = row
        case 1: rows.1 = row
        case 2: rows.2 = row
        default: rows.3 = row
        }
      }
      let to = slot.columns + 8 &* group &* block
      if group == 4 {
        packFours(
          rows, count: range.count, flip: input.signedFlip, into: to, panelStride: 32 &* blocks, slot.columnSums)
      } else {
        packPairs(rows.0, rows.1, count: range.count, flip: input.signedFlip, into: to, panelStride: 16 &* blocks)
      }
    }
  }

  /// What one tap of the kernel sees at `count` positions from `first` on.
  private func fillTap(
    _ target: UnsafeMutablePointer<UInt8>, from first: Extent, count: Int, _ plane: UnsafePointer<UInt8>,
    _ tap: Extent, _ padding: UInt8
  ) {
    let (size, output, step) = (window.input, window.output, window.stride.w)
    let left = tap.w &* window.dilation.w &- window.before.w
    var fromZ = first.d &* window.stride.d &- window.before.d &+ tap.d &* window.dilation.d
    let top = tap.h &* window.dilation.h &- window.before.h
    var (y, x, rest) = (first.h, first.w, count)
    var to = target
    while rest > 0 {
      let count = min(output.w &- x, rest)
      let fromY = y &* window.stride.h &+ top
      let from = x &* step &+ left
      // Those of the positions that see the input.
      var (start, end) = (0, 0)
      if fromZ >= 0, fromZ < size.d, fromY >= 0, fromY < size.h, from < size.w {
        if step == 1 {
          start = min(count, max(0, 0 &- from))
          end = max(start, min(count, size.w &- from))
        } else {
          start = from >= 0 ? 0 : min(count, (step &- 1 &- from) / step)
          end = max(start, min(count, (size.w &- from &+ step &- 1) / step))
        }
      }
      for i in 0..<start { to[i] = padding }
      for i in end..<count { to[i] = padding }
      let source = plane + ((fromZ &* size.h &+ fromY) &* size.w &+ from)
      if step == 1 {
        copyBytes(source + start, into: to + start, count: end &- start)
      } else {
        for i in start..<end { to[i] = source[i &* step] }
      }
      to += count
      rest &-= count
      x = 0
      y &+= 1
      if y == output.h { (y, fromZ) = (0, fromZ &+ window.stride.d) }
    }
  }
}

/// Copies bytes that do not overlap. Runs are often too short for a call of memmove to be worth it.
@inline(__always)
private func copyBytes(_ source: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<UInt8>, count: Int) {
  var i = 0
  while i &+ 8 <= count {
    let word = UnsafeRawPointer(source + i).loadUnaligned(as: UInt64.self)
    UnsafeMutableRawPointer(target + i).storeBytes(of: word, as: UInt64.self)
    i &+= 8
    // The last word may repeat some of the bytes before.
    if i < count, i &+ 8 > count { i = count &- 8 }
  }
  while i < count {
    target[i] = source[i]
    i &+= 1
  }
}

@inline(__always)
private func sixteen(_ row: UnsafePointer<UInt8>, _ flip: UInt8) -> SIMD16<UInt8> {
  ck_loadBytes(row) ^ SIMD16(repeating: flip)
}

/// Two rows as one pair of each panel.
private func packPairs(
  _ row0: UnsafePointer<UInt8>, _ row1: UnsafePointer<UInt8>, count: Int, flip: UInt8,
  into target: UnsafeMutableRawPointer, panelStride: Int
) {
  var (to, i) = (target, 0)
  while i < count {
    let (a, b) = (sixteen(row0 + i, flip), sixteen(row1 + i, flip))
    ck_storeVector(ck_interleaveLowBytes(a, b), to)
    if i &+ 8 < count { ck_storeVector(ck_interleaveHighBytes(a, b), to + panelStride) }
    to += 2 &* panelStride
    i &+= 16
  }
}

/// Four rows as one block of each panel; adds to the sums of the columns.
private func packFours(
  _ rows: (UnsafePointer<UInt8>, UnsafePointer<UInt8>, UnsafePointer<UInt8>, UnsafePointer<UInt8>), count: Int,
  flip: UInt8, into target: UnsafeMutableRawPointer, panelStride: Int, _ sums: UnsafeMutablePointer<Int32>
) {
  var (to, i) = (target, 0)
  while i < count {
    let (a, b) = (sixteen(rows.0 + i, flip), sixteen(rows.1 + i, flip))
    let (c, d) = (sixteen(rows.2 + i, flip), sixteen(rows.3 + i, flip))
    let (ab, cd) = (ck_interleaveLowBytes(a, b), ck_interleaveLowBytes(c, d))
    put(ck_interleaveLowPairs(ab, cd), to, sums + i)
    put(ck_interleaveHighPairs(ab, cd), to + 16, sums + (i &+ 4))
    if i &+ 8 < count {
      let (ab, cd) = (ck_interleaveHighBytes(a, b), ck_interleaveHighBytes(c, d))
      put(ck_interleaveLowPairs(ab, cd), to + panelStride, sums + (i &+ 8))
      put(ck_interleaveHighPairs(ab, cd), to + (panelStride &+ 16), sums + (i &+ 12))
    }
    to += 2 &* panelStride
    i &+= 16
  }
}

@inline(__always)
private func put(_ bytes: SIMD16<UInt8>, _ target: UnsafeMutableRawPointer, _ sums: UnsafeMutablePointer<Int32>) {
  ck_storeVector(bytes, target)
  let p = UnsafeMutableRawPointer(sums)
  p.storeBytes(of: p.loadUnaligned(as: SIMD4<Int32>.self) &+ ck_sumFours(bytes), as: SIMD4<Int32>.self)
}
