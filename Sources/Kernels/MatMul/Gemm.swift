import CKernels

/// The left matrix of a product, [M, K].
public struct GemmLeft {
  let pointer: UnsafePointer<Float>
  /// Elements from one row to the next; 0 where it is packed.
  let stride: Int
  var isPacked: Bool { stride == 0 }

  /// As it lies in memory. A product of several rows reads it as it is and needs no scratch for it.
  public static func rows(_ pointer: UnsafePointer<Float>, stride: Int) -> GemmLeft {
    GemmLeft(pointer: pointer, stride: max(stride, 1))
  }
  /// As `packLeft` leaves it.
  public static func packed(_ pointer: UnsafePointer<Float>) -> GemmLeft { GemmLeft(pointer: pointer, stride: 0) }
}

/// The right matrix of a product, [K, N].
public struct GemmRight {
  enum Form { case packed, rows, columns }
  let pointer: UnsafePointer<Float>
  let form: Form
  /// Elements from one row (or, transposed, one column) to the next.
  let stride: Int
  /// Columns of a panel, where it is packed.
  var panel = GemmPack.columns

  /// As `packRight` leaves it with that width of panels.
  public static func packed(_ pointer: UnsafePointer<Float>, panel: Int = GemmPack.columns) -> GemmRight {
    GemmRight(pointer: pointer, form: .packed, stride: 0, panel: panel)
  }
  /// [K, N] as it lies in memory.
  public static func rows(_ pointer: UnsafePointer<Float>, stride: Int) -> GemmRight {
    GemmRight(pointer: pointer, form: .rows, stride: stride)
  }
  /// Stored transposed, [N, K].
  public static func columns(_ pointer: UnsafePointer<Float>, stride: Int) -> GemmRight {
    GemmRight(pointer: pointer, form: .columns, stride: stride)
  }
}

/// Block sizes. They belong to the kernel, not to the host: `depth` decides how sums are grouped.
enum GemmBlock {
  /// The most of K in one block: a panel of A (4 KB) and one of B (8 KB) stay in the first-level cache.
  static let depth = 256
  /// The most of M in one block: its part of A (256 KB) stays in the second-level cache.
  static let rows = 256
  /// Below this many multiplications a product is not split among threads.
  static let splitWork = 1 << 18

  /// K in equal blocks of at most `depth`, in multiples of 4.
  static func depth(of k: Int) -> Int {
    let blocks = max(1, (k + depth - 1) / depth)
    return ((k + blocks - 1) / blocks + 3) / 4 * 4
  }
}

/// f32 elements of scratch that `gemm` needs for a right matrix that is not packed.
public func gemmScratchCount(m: Int, n: Int, k: Int, right: GemmRight) -> Int {
  right.form == .packed || m == 1 ? 0 : GemmPack.rightCount(k: k, n: n)
}

/// C [M, N] ← epilogue(A [M, K] · B [K, N]); rows of C are `ldc` elements apart.
///
/// The sums of an output are the same whatever M, the threads and the form of B are, unless the platform multiplies.
public func gemm(
  _ platform: Platform, m: Int, n: Int, k: Int, _ a: GemmLeft, _ b: GemmRight, into c: UnsafeMutablePointer<Float>,
  ldc: Int, _ epilogue: Epilogue = Epilogue(), scratch: UnsafeMutablePointer<Float>? = nil
) {
  guard m > 0, n > 0 else { return }
  if k == 0 {
    for row in 0..<m { for column in 0..<n { c[row * ldc + column] = 0 } }
    finish(c, ldc: ldc, rows: m, columns: n, epilogue)
    return
  }
  if let wide = WideGemm(platform, m: m, n: n, k: k, a, b) {
    wide.run(platform, into: c, ldc: ldc, epilogue, scratch: scratch)
    return
  }
  if m == 1, !a.isPacked {
    gemvRow(platform, n: n, k: k, a.pointer, b, into: c, epilogue)
    return
  }
  if platform.hasSgemm, !a.isPacked, b.form != .packed {
    let call = Platform.Sgemm(
      transposeB: b.form == .columns, m: m, n: n, k: k, a: a.pointer, lda: a.stride, b: b.pointer, ldb: b.stride,
      c: c, ldc: ldc)
    if epilogue.addend != UnsafePointer(c), platform.sgemm(call) {
      platform.parallelRanges(m, grain: max(1, 65536 / n)) { rows in
        let offset = rows.lowerBound * ldc
        finish(
          c + offset, ldc: ldc, rows: rows.count, columns: n,
          epilogue.advanced(row: rows.lowerBound, column: 0, offset: offset))
      }
      return
    }
  }
  let panels = (n + 7) / 8
  let splits = platform.threadCount > 1 && m * n >= GemmBlock.splitWork / k
  var packed = b.pointer
  if b.form != .packed {
    let to = scratch!
    let pack = { (panels: Range<Int>) in
      let first = panels.lowerBound * 8
      let columns = min(n, panels.upperBound * 8) - first
      if b.form == .rows {
        packPanels(
          b.pointer + first, stride: b.stride, rows: k, columns: columns, into: to + first * k, panelStride: 8 * k)
      } else {
        packPanelsTransposed(
          b.pointer + first * b.stride, stride: b.stride, rows: k, columns: columns, into: to + first * k,
          panelStride: 8 * k)
      }
    }
    if splits { platform.parallelRanges(panels, grain: 4, pack) } else { pack(0..<panels) }
    packed = UnsafePointer(to)
  }
  guard splits else {
    gemmBlocks(rows: 0..<m, panels: 0..<panels, n: n, k: k, a, packed, c, ldc, epilogue)
    return
  }
  // More pieces than threads, so that a thread that comes late does not hold up the others for long.
  let pieces = platform.threadCount * 4
  if panels >= pieces * 2 {
    let size = (panels + pieces - 1) / pieces
    platform.parallelFor((panels + size - 1) / size) { piece in
      let range = piece * size..<min(panels, (piece + 1) * size)
      gemmBlocks(rows: 0..<m, panels: range, n: n, k: k, a, packed, c, ldc, epilogue)
    }
  } else {
    let size = max(4, ((m + pieces - 1) / pieces + 3) / 4 * 4)
    platform.parallelFor((m + size - 1) / size) { piece in
      let range = piece * size..<min(m, (piece + 1) * size)
      gemmBlocks(rows: range, panels: 0..<panels, n: n, k: k, a, packed, c, ldc, epilogue)
    }
  }
}

/// The part of C of some rows and some panels of columns, on one thread. Rows start at a multiple of 4.
func gemmBlocks(
  rows: Range<Int>, panels: Range<Int>, n: Int, k: Int, _ a: GemmLeft, _ b: UnsafePointer<Float>,
  _ c: UnsafeMutablePointer<Float>, _ ldc: Int, _ epilogue: Epilogue
) {
  let block = GemmBlock.depth(of: k)
  var k0 = 0
  while k0 < k {
    let depth = min(block, k - k0)
    let part = GemmDepth(
      depth: depth, accumulate: k0 > 0, finish: k0 + depth == k, panelStride: 8 * k, leftStride: 4 * k, isFar: true)
    var row = rows.lowerBound
    while row < rows.upperBound {
      let count = min(GemmBlock.rows, rows.upperBound - row)
      let first = panels.lowerBound * 8
      let offset = row * ldc + first
      let left = a.isPacked ? a.pointer + (row * k + 4 * k0) : a.pointer + (row * a.stride + k0)
      part.run(
        rows: count, columns: min(n, panels.upperBound * 8) - first, left, a.stride, b + (first * k + 8 * k0),
        c + offset, ldc, epilogue.advanced(row: row, column: first, offset: offset))
      row += count
    }
    k0 += depth
  }
}

/// One block of K: how deep, where in the sum, and how far apart the panels are.
struct GemmDepth {
  let depth: Int
  let accumulate: Bool
  let finish: Bool
  /// Elements from one panel of B to the next.
  let panelStride: Int
  /// Elements from one panel of A to the next, where A is packed.
  let leftStride: Int
  /// Whether panels of B come from far away, as weights do.
  var isFar = false

  /// C [rows, columns] gets this block's product of A and B, both given at the block's first k. `rowStride` is 0 where
  /// A is packed. B's panel stays in the first-level cache while the panels of A pass.
  func run(
    rows: Int, columns: Int, _ a: UnsafePointer<Float>, _ rowStride: Int, _ b: UnsafePointer<Float>,
    _ c: UnsafeMutablePointer<Float>, _ ldc: Int, _ epilogue: Epilogue
  ) {
    let activates = finish && epilogue.activation != .clamp
    let sums = activates ? epilogue.withoutActivation : epilogue
    var end = TileEnd(accumulate: accumulate, finish: finish, epilogue: sums)
    let isWide = ck_hasWideTile() != 0
    var column = 0
    var b = b
    while column < columns {
      let width = min(8, columns &- column)
      var row = 0
      var left = a
      if isFar { ck_touch(b, 32 &* depth) }
      while row < rows {
        let height = min(4, rows &- row)
        if column == 0, rowStride == 0 { ck_touch(left, 16 &* depth) }
        let target = c + (row &* ldc &+ column)
        if let bias = sums.bias { end.epilogue.bias = bias + (sums.biasPerRow ? row : column) }
        if let addend = sums.addend { end.epilogue.addend = addend + (row &* ldc &+ column) }
        if isWide && width == 8 && rows &- row >= 8 {
          wide(left, rowStride, b, target, ldc, end.epilogue)
          left += rowStride == 0 ? 2 &* leftStride : 8 &* rowStride
          row &+= 8
          continue
        }
        if width == 8 && height == 4 {
          if rowStride == 0 {
            gemmTile_f32_4x8(depth, left, b, target, ldc, end)
          } else {
            gemmTile_f32_4x8_rows(
              depth, left, left + rowStride, left + 2 &* rowStride, left + 3 &* rowStride, b, target, ldc, end)
          }
        } else {
          edge(height, width, left, rowStride, b, target, ldc, end)
        }
        left += rowStride == 0 ? leftStride : 4 &* rowStride
        row &+= 4
      }
      b += panelStride
      column &+= 8
      // Runs that are long enough for a loop over vectors, of sums that are still at hand.
      if activates, column & (GemmDepth.activated &- 1) == 0 || column >= columns {
        let first = (column &- 1) & ~(GemmDepth.activated &- 1)
        activate(c + first, ldc: ldc, rows: rows, columns: min(column, columns) &- first, epilogue)
      }
    }
  }

  /// Columns whose sums get their activation at once: a power of two.
  private static let activated = 64

  /// Eight rows at once, where the processor has vectors for it; the same bits.
  private func wide(
    _ a: UnsafePointer<Float>, _ rowStride: Int, _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>,
    _ ldc: Int, _ epilogue: Epilogue
  ) {
    if rowStride == 0 {
      ck_wideTile(depth, a, a + leftStride, b, c, ldc, accumulate ? 1 : 0)
    } else {
      ck_wideTileRows(depth, a, rowStride, b, c, ldc, accumulate ? 1 : 0)
    }
    if finish { Kernels.finish(c, ldc: ldc, rows: 8, columns: 8, epilogue) }
  }

  /// A tile that sticks out: computed beside C, and its valid part copied.
  @inline(never)
  private func edge(
    _ height: Int, _ width: Int, _ a: UnsafePointer<Float>, _ rowStride: Int, _ b: UnsafePointer<Float>,
    _ c: UnsafeMutablePointer<Float>, _ ldc: Int, _ end: borrowing TileEnd
  ) {
    var sums = Sums4x8()
    withUnsafeMutablePointer(to: &sums) { sums in
      let tile = UnsafeMutableRawPointer(sums).assumingMemoryBound(to: Float.self)
      if rowStride == 0 {
        if width <= 4 {
          gemmTile_f32_4x4(depth, a, b, tile, 8)
        } else {
          gemmTile_f32_4x8(depth, a, b, tile, 8, TileEnd(accumulate: false, finish: false, epilogue: Epilogue()))
        }
      } else {
        gemmTile_f32_4x8_rows(
          depth, a, a + min(1, height &- 1) &* rowStride, a + min(2, height &- 1) &* rowStride,
          a + min(3, height &- 1) &* rowStride, b, tile, 8,
          TileEnd(accumulate: false, finish: false, epilogue: Epilogue()))
      }
      for row in 0..<height {
        for column in 0..<width {
          let i = row &* ldc &+ column
          c[i] = accumulate ? tile[row &* 8 &+ column] + c[i] : tile[row &* 8 &+ column]
        }
      }
    }
    if finish { Kernels.finish(c, ldc: ldc, rows: height, columns: width, end.epilogue) }
  }
}

/// Room for one tile.
private struct Sums4x8 {
  var rows = (SIMD8<Float>(), SIMD8<Float>(), SIMD8<Float>(), SIMD8<Float>())
}

/// Applies a whole epilogue to sums that are in C.
func finish(
  _ c: UnsafeMutablePointer<Float>, ldc: Int, rows: Int, columns: Int, _ epilogue: Epilogue
) {
  if epilogue.isEmpty { return }
  let alpha = Lanes(repeating: epilogue.alpha)
  let low = Lanes(repeating: epilogue.low)
  let high = Lanes(repeating: epilogue.high)
  for row in 0..<rows {
    let to = c + row &* ldc
    var column = 0
    while column < columns {
      let count = min(4, columns &- column)
      var x = (count == 4 ? load(to + column) : load(to + column, count: count)) * alpha
      if let bias = epilogue.bias {
        if epilogue.biasPerRow {
          x += Lanes(repeating: bias[row])
        } else {
          x += count == 4 ? load(bias + column) : load(bias + column, count: count)
        }
      }
      if let addend = epilogue.addend {
        let from = addend + (row &* ldc &+ column)
        x += count == 4 ? load(from) : load(from, count: count)
      }
      if epilogue.activation == .clamp { x = x.atLeast(low).atMost(high) }
      if count == 4 { store(x, to + column) } else { store(x, to + column, count: count) }
      column &+= 4
    }
  }
  if epilogue.activation != .clamp { activate(c, ldc: ldc, rows: rows, columns: columns, epilogue) }
}
