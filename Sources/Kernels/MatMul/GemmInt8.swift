import CKernels

/// Packed matrices of bytes.
///
/// The right matrix B [K, N] becomes panels of eight columns of signed bytes, pairs of neighbours in k side by side,
/// `[ceil(N / 8), ceil(K / 2), 8, 2]`; unsigned bytes are stored less 128, and so is their zero point. The left matrix
/// becomes panels of four rows of int16 less the zero point, `[ceil(M / 4), ceil(K / 2), 4, 2]`. What is missing is 0.
///
/// Where the platform sums products of four, neighbours come in fours instead; see `BytesProduct`.
public enum Int8Pack {
  /// How many neighbours in k lie side by side.
  public static func group(_ platform: Platform) -> Int { platform.dotBytes == nil ? 2 : 4 }

  /// Tiles of four by eight sums in half of a second-level cache of the usual size.
  fileprivate static let cachedTiles = 1 << 10

  /// Bytes of a packed B [K, N].
  public static func rightCount(k: Int, n: Int, group: Int = 2) -> Int {
    let panels = (n + 7) / 8
    return group == 4 ? panels * 32 * ((k + 3) / 4 + 1) : panels * 16 * ((k + 1) / 2)
  }
  /// Bytes of scratch that `gemmInt8` needs: a packed A and the sums of its rows.
  public static func scratchByteCount(m: Int, k: Int) -> Int { (m + 3) / 4 * (16 * ((k + 1) / 2) + 16) }
}

/// Packs columns `columns` of B from its first row on; `element` says where (k, n) is: k · rowStride + n · columnStride
/// bytes from `source`, which is the first of these columns. `columns` starts at a multiple of 8.
public func packRightInt8(
  _ source: UnsafePointer<UInt8>, rowStride: Int, columnStride: Int, columns: Range<Int>, k: Int, n: Int, signed: Bool,
  group: Int = 2, into packed: UnsafeMutablePointer<Int8>
) {
  assert(columns.lowerBound % 8 == 0 && columns.upperBound <= n)
  let flip: UInt8 = signed ? 0 : 128
  let groups = (k + group - 1) / group
  var to = packed + columns.lowerBound * group * groups
  let sums = UnsafeMutableRawPointer(packed + (n + 7) / 8 * 32 * groups).assumingMemoryBound(to: Int32.self)
  var column = columns.lowerBound
  while column < columns.upperBound {
    let from = source + (column &- columns.lowerBound) &* columnStride
    let width = min(8, columns.upperBound &- column)
    if group == 4 { for i in 0..<8 { sums[column &+ i] = 0 } }
    for index in 0..<groups {
      for i in 0..<8 &* group {
        let (row, c) = (group &* index &+ (i & (group &- 1)), group == 4 ? i >> 2 : i >> 1)
        let inside = row < k && c < width
        to[i] = inside ? Int8(bitPattern: from[row &* rowStride &+ c &* columnStride] ^ flip) : 0
      }
      if group == 4 { Int8Pack.addColumnSums(sums, to, column: column, isFirst: false) }
      to += 8 &* group
    }
    column &+= 8
  }
}

/// C [M, N] ← (A - a0) · (B - b0), exact while the sums fit in int32, which wrap.
///
/// A is bytes as they lie, rows `stride` apart. `aZeros` has one zero point, or M of them if `aZeroPerRow`; `bZeros` N
/// of them if `bZeroPerColumn`; nil is 0. Zero points of unsigned matrices are unsigned. B is packed in groups of
/// `Int8Pack.group` of this platform. With a `scale`, C is float32 in the end.
public func gemmInt8(
  _ platform: Platform, m: Int, n: Int, k: Int, _ a: UnsafePointer<UInt8>, stride: Int, aSigned: Bool,
  aZeros: UnsafePointer<UInt8>?, aZeroPerRow: Bool = false, packed b: UnsafePointer<Int8>, bSigned: Bool,
  bZeros: UnsafePointer<UInt8>?, bZeroPerColumn: Bool = false, into c: UnsafeMutablePointer<Int32>, ldc: Int,
  scale: SumScale? = nil, scratch: UnsafeMutableRawPointer
) {
  guard m > 0, n > 0 else { return }
  let pairs = (k + 1) / 2
  let quads = (m + 3) / 4
  let panels = (n + 7) / 8
  let rows = scratch.assumingMemoryBound(to: Int16.self)
  let sums = (scratch + quads * 16 * pairs).assumingMemoryBound(to: Int32.self)
  let pack = { (range: Range<Int>) in
    for quad in range {
      packLeftInt8(
        a + quad &* 4 &* stride, stride, min(4, m &- quad &* 4), k, aSigned,
        aZeros.map { aZeroPerRow ? $0 + quad &* 4 : $0 }, aZeroPerRow, rows + quad &* 8 &* pairs, sums + quad &* 4)
    }
  }
  let ends = Int8Ends(sums: UnsafePointer(sums), zeros: bZeros, perColumn: bZeroPerColumn, signed: bSigned)
  if let dot = platform.dotBytes {
    let product = BytesProduct(
      m: m, n: n, k: k, a: a, stride: stride, aSigned: aSigned, aZeros: aZeros, aZeroPerRow: aZeroPerRow, b: b,
      ends: ends, c: c, ldc: ldc, rows: scratch.assumingMemoryBound(to: UInt8.self), sums: sums, dot: dot,
      vectors: platform.vectors)
    split(platform, quads, panels, work: m * n, k, { product.pack($0) }) { quads, panels in
      product.run(quads, panels)
      scale?.apply(
        c, ldc, quads.lowerBound * 4..<min(m, quads.upperBound * 4),
        panels.lowerBound * 8..<min(n, panels.upperBound * 8))
    }
    return
  }
  let product = { (quadRange: Range<Int>, panelRange: Range<Int>) in
    for panel in panelRange {
      for quad in quadRange {
        tileInt8(
          pairs, UnsafePointer(rows + quad &* 8 &* pairs), b + panel &* 16 &* pairs,
          c + (quad &* 4 &* ldc &+ panel &* 8), ldc, min(4, m &- quad &* 4), min(8, n &- panel &* 8), quad &* 4,
          panel &* 8, ends)
      }
    }
    scale?.apply(
      c, ldc, quadRange.lowerBound * 4..<min(m, quadRange.upperBound * 4),
      panelRange.lowerBound * 8..<min(n, panelRange.upperBound * 8))
  }
  split(platform, quads, panels, work: m * n, k, pack, product)
}

/// C [4 · quads, 8 · panels] ← A · B, as they are packed: zero points are left to the caller. `blocks` counts groups of
/// neighbours in k. Of the sums of the columns only the platforms with sums of four in 512 bits read anything.
func multiplyInt8(
  _ platform: Platform, quads: Int, panels: Int, blocks: Int, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer,
  into c: UnsafeMutablePointer<Int32>, ldc: Int, columnSums: UnsafePointer<Int32>
) {
  guard let dot = platform.dotBytes else {
    let (a, b) = (a.assumingMemoryBound(to: Int16.self), b.assumingMemoryBound(to: Int8.self))
    for panel in 0..<panels {
      for quad in 0..<quads {
        rawTileInt8(
          blocks, a + quad &* 8 &* blocks, b + panel &* 16 &* blocks, c + (quad &* 4 &* ldc &+ panel &* 8), ldc)
      }
    }
    return
  }
  let (a, b) = (a.assumingMemoryBound(to: UInt8.self), b.assumingMemoryBound(to: Int8.self))
  if platform.vectors >= .vnni {
    var block = ck_byteBlock(
      rows: 4 * quads, columns: 8 * panels, blocks: blocks, a: a, b: b, c: c, ldc: ldc, columnSums: columnSums,
      rowZeros: nil, rowZeroStep: 0, rowFlip: 0, rowSums: nil, columnZeros: nil, columnZeroStep: 0, columnFlip: 0)
    return ck_multiplyBytes(&block)
  }
  for panel in 0..<panels { dot(a, b + panel &* 32 &* blocks, c + panel &* 8, ldc, quads, blocks) }
}

@inline(never)
private func rawTileInt8(
  _ pairs: Int, _ a: UnsafePointer<Int16>, _ b: UnsafePointer<Int8>, _ c: UnsafeMutablePointer<Int32>, _ ldc: Int
) {
  var tile = SumsInt8()
  tile.run(pairs, a, b)
  for i in 0..<4 {
    let (left, right) = tile.row(i)
    let to = UnsafeMutableRawPointer(c + i &* ldc)
    to.storeBytes(of: left, as: SIMD4<Int32>.self)
    (to + 16).storeBytes(of: right, as: SIMD4<Int32>.self)
  }
}

/// Packs all of A, then multiplies, in pieces of rows or of columns.
private func split(
  _ platform: Platform, _ quads: Int, _ panels: Int, work: Int, _ k: Int, _ pack: (Range<Int>) -> Void,
  _ product: (Range<Int>, Range<Int>) -> Void
) {
  let isSplit = platform.threadCount > 1 && work >= GemmBlock.splitWork / max(k, 1)
  platform.parallelRanges(quads, grain: 16, if: isSplit, pack)
  let pieces = isSplit ? platform.threadCount * 4 : 1
  let byColumns = panels >= pieces
  let count = byColumns ? panels : quads
  let size = max(1, (count + pieces - 1) / pieces)
  // What is done to C afterwards finds it in the cache.
  let step = byColumns ? max(1, Int8Pack.cachedTiles / quads) : max(1, Int8Pack.cachedTiles / panels)
  platform.parallelFor((count + size - 1) / size) { (i: Int) in
    let end = min(count, (i + 1) * size)
    for first in stride(from: i * size, to: end, by: step) {
      let part = first..<min(end, first + step)
      product(byColumns ? 0..<quads : part, byColumns ? part : 0..<panels)
    }
  }
}

/// How sums become float32: activation(sum · rowScale · columnScales[n] + bias[n]).
public struct SumScale {
  private let rowScale: Float
  /// One scale, or N of them if `perColumn`.
  private let columnScales: UnsafePointer<Float>
  private let perColumn: Bool
  private let epilogue: Epilogue

  /// Of the epilogue there may be a bias per column and an activation.
  public init(rowScale: Float, columnScales: UnsafePointer<Float>, perColumn: Bool, _ epilogue: Epilogue) {
    assert(epilogue.alpha == 1 && epilogue.addend == nil && !epilogue.biasPerRow)
    self.rowScale = rowScale
    self.columnScales = columnScales
    self.perColumn = perColumn
    self.epilogue = epilogue
  }

  /// Replaces the bits of each sum of some rows and columns of C; on as many threads as pay.
  public func apply(
    _ platform: Platform, _ c: UnsafeMutablePointer<Int32>, ldc: Int, rows: Int, columns: Int
  ) {
    platform.parallelRanges(rows, grain: max(1, 16384 / max(columns, 1))) { apply(c, ldc, $0, 0..<columns) }
  }

  func apply(_ c: UnsafeMutablePointer<Int32>, _ ldc: Int, _ rows: Range<Int>, _ columns: Range<Int>) {
    let (low, high) = (Lanes(repeating: epilogue.low), Lanes(repeating: epilogue.high))
    let isBounded = epilogue.activation == .clamp && (epilogue.low > -.infinity || epilogue.high < .infinity)
    for row in rows {
      let sums = c + row &* ldc
      let to = UnsafeMutableRawPointer(sums).assumingMemoryBound(to: Float.self)
      let rowScales = Lanes(repeating: rowScale)
      var scales = rowScales * Lanes(repeating: columnScales[0])
      var i = columns.lowerBound
      while i < columns.upperBound {
        let count = min(4, columns.upperBound &- i)
        var four = SIMD4<Int32>(repeating: 0)
        if count == 4 {
          four = UnsafeRawPointer(sums + i).loadUnaligned(as: SIMD4<Int32>.self)
        } else {
          for j in 0..<count { four[j] = sums[i &+ j] }
        }
        if perColumn {
          scales = rowScales * (count == 4 ? load(columnScales + i) : load(columnScales + i, count: count))
        }
        var x = Lanes(converting: four) * scales
        if let bias = epilogue.bias { x += count == 4 ? load(bias + i) : load(bias + i, count: count) }
        if isBounded { x = x.atLeast(low).atMost(high) }
        if count == 4 { store(x, to + i) } else { store(x, to + i, count: count) }
        i &+= 4
      }
      if epilogue.activation != .clamp {
        activate(to + columns.lowerBound, ldc: ldc, rows: 1, columns: columns.count, epilogue)
      }
    }
  }
}

/// What a zero point of B takes away: b0 · Σ (A - a0), by row.
struct Int8Ends {
  let sums: UnsafePointer<Int32>
  let zeros: UnsafePointer<UInt8>?
  let perColumn: Bool
  let signed: Bool

  /// Whether any zero point may be other than 0.
  var isNeeded: Bool { perColumn || zero(0) != 0 }

  /// The zero point of a column, as B is stored.
  @inline(__always)
  func zero(_ column: Int) -> Int32 {
    guard let zeros else { return signed ? 0 : -128 }
    let zero = zeros[perColumn ? column : 0]
    return signed ? Int32(Int8(bitPattern: zero)) : Int32(zero) &- 128
  }
}

/// Up to four rows as int16 less their zero points, and their sums.
private func packLeftInt8(
  _ source: UnsafePointer<UInt8>, _ stride: Int, _ count: Int, _ k: Int, _ signed: Bool,
  _ zeros: UnsafePointer<UInt8>?, _ zeroPerRow: Bool, _ target: UnsafeMutablePointer<Int16>,
  _ sums: UnsafeMutablePointer<Int32>
) {
  let pairs = (k &+ 1) / 2
  for row in 0..<4 {
    let to = target + 2 &* row
    var sum: Int32 = 0
    if row < count {
      let from = source + row &* stride
      let byte = zeros.map { zeroPerRow ? $0[row] : $0[0] } ?? 0
      let zero = signed ? Int16(Int8(bitPattern: byte)) : Int16(byte)
      for i in 0..<k {
        let x = (signed ? Int16(Int8(bitPattern: from[i])) : Int16(from[i])) &- zero
        to[i >> 1 &* 8 &+ (i & 1)] = x
        sum &+= Int32(x)
      }
      if k & 1 == 1 { to[(pairs &- 1) &* 8 &+ 1] = 0 }
    } else {
      for pair in 0..<pairs {
        to[pair &* 8] = 0
        to[pair &* 8 &+ 1] = 0
      }
    }
    sums[row] = sum
  }
}

/// One tile: four rows, or the first of them alone, by eight columns.
@inline(never)
private func tileInt8(
  _ pairs: Int, _ a: UnsafePointer<Int16>, _ b: UnsafePointer<Int8>, _ c: UnsafeMutablePointer<Int32>, _ ldc: Int,
  _ height: Int, _ width: Int, _ row: Int, _ column: Int, _ ends: Int8Ends
) {
  var tile = SumsInt8()
  if height == 1 { tile.runRow(pairs, a, b) } else { tile.run(pairs, a, b) }
  for i in 0..<height {
    var (left, right) = tile.row(i)
    let sum = ends.sums[row &+ i]
    if sum != 0 {
      for j in 0..<4 {
        left[j] &-= ends.zero(column &+ min(j, width &- 1)) &* sum
        right[j] &-= ends.zero(column &+ min(j &+ 4, width &- 1)) &* sum
      }
    }
    let to = c + i &* ldc
    if width == 8 {
      UnsafeMutableRawPointer(to).storeBytes(of: left, as: SIMD4<Int32>.self)
      UnsafeMutableRawPointer(to + 4).storeBytes(of: right, as: SIMD4<Int32>.self)
    } else {
      for j in 0..<width { to[j] = j < 4 ? left[j] : right[j &- 4] }
    }
  }
}

/// The sums of a tile of bytes, in eight named vectors.
private struct SumsInt8 {
  var a0 = SIMD4<Int32>(repeating: 0)
  var a1 = SIMD4<Int32>(repeating: 0)
  var b0 = SIMD4<Int32>(repeating: 0)
  var b1 = SIMD4<Int32>(repeating: 0)
  var c0 = SIMD4<Int32>(repeating: 0)
  var c1 = SIMD4<Int32>(repeating: 0)
  var d0 = SIMD4<Int32>(repeating: 0)
  var d1 = SIMD4<Int32>(repeating: 0)

  @inline(__always)
  func row(_ i: Int) -> (SIMD4<Int32>, SIMD4<Int32>) {
    switch i {
    case 0: (a0, a1)
    case 1: (b0, b1)
    case 2: (c0, c1)
    default: (d0, d1)
    }
  }

  @inline(__always)
  mutating func run(_ pairs: Int, _ a: UnsafePointer<Int16>, _ b: UnsafePointer<Int8>) {
    var a = UnsafeRawPointer(a)
    var b = UnsafeRawPointer(b)
    for _ in 0..<pairs {
      a = ck_pinPointer(a)
      b = ck_pinPointer(b)
      let y0 = ck_widenSigned(b)
      let y1 = ck_widenSigned(b + 8)
      let s0 = ck_splatPair(a.loadUnaligned(as: Int32.self))
      a0 = ck_pinIntegers(a0 &+ ck_dot(s0, y0))
      a1 = ck_pinIntegers(a1 &+ ck_dot(s0, y1))
      let s1 = ck_splatPair(a.loadUnaligned(fromByteOffset: 4, as: Int32.self))
      b0 = ck_pinIntegers(b0 &+ ck_dot(s1, y0))
      b1 = ck_pinIntegers(b1 &+ ck_dot(s1, y1))
      let s2 = ck_splatPair(a.loadUnaligned(fromByteOffset: 8, as: Int32.self))
      c0 = ck_pinIntegers(c0 &+ ck_dot(s2, y0))
      c1 = ck_pinIntegers(c1 &+ ck_dot(s2, y1))
      let s3 = ck_splatPair(a.loadUnaligned(fromByteOffset: 12, as: Int32.self))
      d0 = ck_pinIntegers(d0 &+ ck_dot(s3, y0))
      d1 = ck_pinIntegers(d1 &+ ck_dot(s3, y1))
      a += 16
      b += 16
    }
  }

  @inline(__always)
  mutating func runRow(_ pairs: Int, _ a: UnsafePointer<Int16>, _ b: UnsafePointer<Int8>) {
    var a = UnsafeRawPointer(a)
    var b = UnsafeRawPointer(b)
    for _ in 0..<pairs {
      let s0 = ck_splatPair(a.loadUnaligned(as: Int32.self))
      a0 = a0 &+ ck_dot(s0, ck_widenSigned(b))
      a1 = a1 &+ ck_dot(s0, ck_widenSigned(b + 8))
      a += 16
      b += 16
    }
  }
}
