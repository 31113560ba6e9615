import CKernels

extension Platform {
  /// Columns of the panels that constant right matrices are packed in: two vectors, where products may be fused.
  public var panelColumns: Int {
    fuses && vectors > .baseline ? (vectors > .avx2 ? 32 : 16) : GemmPack.columns
  }
}

/// A product in the vectors of x86-64, with fused sums in the order of k and in the blocks of `gemm`.
///
/// A last panel that is narrower than the others has rows of a multiple of eight columns.
struct WideGemm {
  /// Columns of a part of B that stays in the second-level cache.
  private static let columns = 512
  /// Rows of A up to which a B that is not packed is read as it is.
  private static let fewRows = 24

  private let m: Int
  private let n: Int
  private let k: Int
  private let a: GemmLeft
  private let b: GemmRight
  private let level: Int32
  private let panel: Int

  /// Nil where the platform has no such vectors, B is packed for others, or other kernels are as good.
  init?(_ platform: Platform, m: Int, n: Int, k: Int, _ a: GemmLeft, _ b: GemmRight) {
    guard platform.fuses, platform.vectors > .baseline else { return nil }
    panel = platform.panelColumns
    if b.form == .packed ? b.panel != panel : m == 1 && !a.isPacked { return nil }
    (self.m, self.n, self.k, self.a, self.b) = (m, n, k, a, b)
    level = platform.vectors.rawValue
  }

  /// B in panels: the first row of panel 0, and elements between rows, panels and rows of the last panel.
  private struct Panels {
    let base: UnsafePointer<Float>
    let rowStride: Int
    let panelStride: Int
    let lastStride: Int
  }

  func run(
    _ platform: Platform, into c: UnsafeMutablePointer<Float>, ldc: Int, _ epilogue: Epilogue,
    scratch: UnsafeMutablePointer<Float>?
  ) {
    let panels = (n + panel - 1) / panel
    let splits = platform.threadCount > 1 && m * n >= GemmBlock.splitWork / k
    let lastStride = (n % panel + 7) / 8 * 8
    let right: Panels
    if b.form == .packed {
      right = Panels(base: b.pointer, rowStride: panel, panelStride: panel * k, lastStride: lastStride)
    } else if b.form == .rows, m <= WideGemm.fewRows {
      right = Panels(base: b.pointer, rowStride: b.stride, panelStride: panel, lastStride: b.stride)
    } else {
      let to = scratch!
      let pack = { (range: Range<Int>) in
        let columns = range.lowerBound * panel..<min(n, range.upperBound * panel)
        if b.form == .rows {
          packRight(
            b.pointer + columns.lowerBound, stride: b.stride, rows: 0..<k, columns: columns, k: k, n: n,
            panel: panel, into: to)
        } else {
          packRightTransposed(
            b.pointer + columns.lowerBound * b.stride, stride: b.stride, columns: columns, k: k, n: n,
            panel: panel, into: to)
        }
      }
      if splits { platform.parallelRanges(panels, grain: 1, pack) } else { pack(0..<panels) }
      right = Panels(base: UnsafePointer(to), rowStride: panel, panelStride: panel * k, lastStride: lastStride)
    }
    guard splits else {
      blocks(0..<m, 0..<panels, right, c, ldc, epilogue)
      return
    }
    // More pieces than threads, so that a thread that comes late does not hold up the others for long.
    let pieces = platform.threadCount * 4
    if panels >= pieces || m < 12 * pieces {
      let size = (panels + pieces - 1) / pieces
      platform.parallelFor((panels + size - 1) / size) { piece in
        blocks(0..<m, piece * size..<min(panels, (piece + 1) * size), right, c, ldc, epilogue)
      }
    } else {
      let size = ((m + pieces - 1) / pieces + 11) / 12 * 12
      platform.parallelFor((m + size - 1) / size) { piece in
        blocks(piece * size..<min(m, (piece + 1) * size), 0..<panels, right, c, ldc, epilogue)
      }
    }
  }

  /// Some rows and panels of C on one thread. Rows start at a multiple of four.
  private func blocks(
    _ rows: Range<Int>, _ panels: Range<Int>, _ right: Panels, _ c: UnsafeMutablePointer<Float>, _ ldc: Int,
    _ epilogue: Epilogue
  ) {
    let block = GemmBlock.depth(of: k)
    let last = right.base + n / panel * right.panelStride
    // One row reads B once: panel by panel, as it lies in memory.
    let step = rows.count == 1 ? 1 : WideGemm.columns / panel
    for first in stride(from: panels.lowerBound, to: panels.upperBound, by: step) {
      let column = first * panel
      let columns = min(n, min(first + step, panels.upperBound) * panel) - column
      let offset = rows.lowerBound * ldc + column
      let end = WideEnd(epilogue.advanced(row: rows.lowerBound, column: column, offset: offset))
      var k0 = 0
      while k0 < k {
        let depth = min(block, k - k0)
        let left =
          a.isPacked ? a.pointer + (rows.lowerBound * k + 4 * k0) : a.pointer + (rows.lowerBound * a.stride + k0)
        var part = ck_floatBlock(
          rows: rows.count, columns: columns, depth: depth, a: left, aStride: a.stride, aPanelStride: 4 * k,
          b: right.base + (first * right.panelStride + k0 * right.rowStride), bStride: right.rowStride,
          bPanelStride: right.panelStride, bLast: last + k0 * right.lastStride, bLastStride: right.lastStride,
          c: c + offset, ldc: ldc, accumulate: k0 > 0 ? 1 : 0, end: nil)
        end.run(level, &part, finishes: k0 + depth == k)
        k0 += depth
      }
    }
  }
}

/// What follows the last block of depth: in the tiles what they can do, the rest over what they have left.
struct WideEnd {
  private let epilogue: Epilogue
  private let end: ck_floatEnd

  init(_ epilogue: Epilogue) {
    self.epilogue = epilogue
    let clamps = epilogue.activation == .clamp
    end = ck_floatEnd(
      alpha: epilogue.alpha, low: clamps ? epilogue.low : -.infinity, high: clamps ? epilogue.high : .infinity,
      bias: epilogue.bias, biasPerRow: epilogue.biasPerRow ? 1 : 0, addend: epilogue.addend)
  }

  /// Multiplies one block and, where it is the last of its depth, finishes its part of C.
  @inline(__always)
  func run(_ level: Int32, _ block: inout ck_floatBlock, finishes: Bool) {
    guard finishes else {
      ck_multiplyFloats(level, &block)
      return
    }
    withUnsafePointer(to: end) { end in
      block.end = end
      ck_multiplyFloats(level, &block)
    }
    if epilogue.activation != .clamp {
      activate(block.c, ldc: block.ldc, rows: block.rows, columns: block.columns, epilogue)
    }
  }
}
