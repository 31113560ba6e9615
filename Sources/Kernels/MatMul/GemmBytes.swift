import CKernels

/// The product of bytes by sums of four: where the platform has an instruction for them, two to three times as fast as
/// pairs of sixteen bits, and as exact.
///
/// A is unsigned bytes (signed ones plus 128), `[ceil(M / 4), ceil(K / 4), 4 rows, 4]`, B signed ones (unsigned ones less
/// 128), `[ceil(N / 8), ceil(K / 4), 8 columns, 4]` and the sums of its columns as int32. The zero points come in
/// afterwards: Σ (a - a0)(b - b0) = Σ ab - a0 · Σ b - b0 · (Σ a - K · a0).
struct BytesProduct {
  let m: Int
  let n: Int
  let k: Int
  let a: UnsafePointer<UInt8>
  let stride: Int
  let aSigned: Bool
  let aZeros: UnsafePointer<UInt8>?
  let aZeroPerRow: Bool
  let b: UnsafePointer<Int8>
  let ends: Int8Ends
  let c: UnsafeMutablePointer<Int32>
  let ldc: Int
  /// The packed A.
  let rows: UnsafeMutablePointer<UInt8>
  /// Σ a - K · a0 of each row, where B has zero points.
  let sums: UnsafeMutablePointer<Int32>
  let dot: Platform.DotBytes
  let vectors: VectorLevel

  var blocks: Int { (k + 3) / 4 }
  var columnSums: UnsafePointer<Int32> {
    UnsafeRawPointer(b + (n + 7) / 8 * 32 * blocks).assumingMemoryBound(to: Int32.self)
  }

  func pack(_ quads: Range<Int>) {
    let flip = Lanes(bits: SIMD4<Int32>(repeating: aSigned ? Int32(bitPattern: 0x8080_8080) : 0))
    for quad in quads {
      let count = min(4, m &- quad &* 4)
      let to = rows + quad &* 16 &* blocks
      let row = { (i: Int) in a + (quad &* 4 &+ min(i, count &- 1)) &* stride }
      var p = (UnsafeRawPointer(row(0)), UnsafeRawPointer(row(1)), UnsafeRawPointer(row(2)), UnsafeRawPointer(row(3)))
      var block = 0
      while 4 &* block &+ 16 <= k {
        let (x0, x1, x2, x3) = transpose4(
          words(p.0, flip), words(p.1, flip), words(p.2, flip), words(p.3, flip))
        let target = UnsafeMutableRawPointer(to + 16 &* block)
        target.storeBytes(of: x0, as: Lanes.self)
        (target + 16).storeBytes(of: x1, as: Lanes.self)
        (target + 32).storeBytes(of: x2, as: Lanes.self)
        (target + 48).storeBytes(of: x3, as: Lanes.self)
        p = (p.0 + 16, p.1 + 16, p.2 + 16, p.3 + 16)
        block &+= 4
      }
      for i in (4 &* block)..<(4 &* blocks) {
        for r in 0..<4 {
          to[i >> 2 &* 16 &+ 4 &* r &+ (i & 3)] = i < k ? row(r)[i] ^ (aSigned ? 0x80 : 0) : 0
        }
      }
      guard ends.isNeeded else { continue }
      for r in 0..<4 {
        sums[quad &* 4 &+ r] = r < count ? rowSum(row(r)) &- Int32(truncatingIfNeeded: k) &* zero(quad &* 4 &+ r) : 0
      }
    }
  }

  @inline(__always)
  private func words(_ p: UnsafeRawPointer, _ flip: Lanes) -> Lanes {
    Lanes(bits: p.loadUnaligned(as: Lanes.self).bits ^ flip.bits)
  }

  /// The sum of a row as it is packed.
  private func rowSum(_ row: UnsafePointer<UInt8>) -> Int32 {
    let ones = ck_splatPair(0x0001_0001)
    var lanes = SIMD4<Int32>(repeating: 0)
    var i = 0
    while i &+ 8 <= k {
      lanes = lanes &+ ck_dot(aSigned ? ck_widenSigned(row + i) : ck_widenUnsigned(row + i), ones)
      i &+= 8
    }
    var sum = (lanes[0] &+ lanes[1]) &+ (lanes[2] &+ lanes[3])
    while i < k {
      sum &+= aSigned ? Int32(Int8(bitPattern: row[i])) : Int32(row[i])
      i &+= 1
    }
    return aSigned ? sum &+ 128 &* Int32(truncatingIfNeeded: k) : sum
  }

  /// The zero point of a row of A, as A is packed.
  @inline(__always)
  private func zero(_ row: Int) -> Int32 {
    let byte = aZeros.map { aZeroPerRow ? $0[row] : $0[0] } ?? 0
    return aSigned ? Int32(Int8(bitPattern: byte)) &+ 128 : Int32(byte)
  }

  /// C of some rows, four at a time, and panels of eight columns.
  func run(_ quads: Range<Int>, _ panels: Range<Int>) {
    if vectors >= .vnni {
      runWide(quads, panels)
      return
    }
    // What sticks out of C is computed beside it.
    let whole = max(quads.lowerBound, min(quads.upperBound, m / 4))
    for panel in panels {
      let width = min(8, n &- panel &* 8)
      let right = b + panel &* 32 &* blocks
      ck_touch(right, 32 &* blocks)
      var quad = quads.lowerBound
      if width == 8, whole > quad {
        let target = c + (quad &* 4 &* ldc &+ panel &* 8)
        dot(rows + quad &* 16 &* blocks, right, target, ldc, whole &- quad, blocks)
        finish(target, ldc, rows: quad &* 4..<whole &* 4, panel)
        quad = whole
      }
      while quad < quads.upperBound {
        edge(quad, panel, width, right)
        quad &+= 1
      }
    }
  }

  @inline(never)
  private func edge(_ quad: Int, _ panel: Int, _ width: Int, _ right: UnsafePointer<Int8>) {
    let height = min(4, m &- quad &* 4)
    var tile = (SIMD16<Int32>(repeating: 0), SIMD16<Int32>(repeating: 0))
    withUnsafeMutablePointer(to: &tile) { tile in
      let tile = UnsafeMutableRawPointer(tile).assumingMemoryBound(to: Int32.self)
      dot(rows + quad &* 16 &* blocks, right, tile, 8, 1, blocks)
      finish(tile, 8, rows: quad &* 4..<quad &* 4 &+ height, panel)
      let to = c + (quad &* 4 &* ldc &+ panel &* 8)
      for row in 0..<height { for i in 0..<width { to[row &* ldc &+ i] = tile[row &* 8 &+ i] } }
    }
  }

  /// The parts of the zero points, for rows of eight sums.
  private func finish(_ c: UnsafeMutablePointer<Int32>, _ ldc: Int, rows: Range<Int>, _ panel: Int) {
    let column = UnsafeRawPointer(columnSums + panel &* 8)
    let (b0, b1) = (column.loadUnaligned(as: SIMD4<Int32>.self), (column + 16).loadUnaligned(as: SIMD4<Int32>.self))
    var (z0, z1) = (SIMD4<Int32>(repeating: 0), SIMD4<Int32>(repeating: 0))
    if ends.isNeeded {
      for i in 0..<4 {
        z0[i] = ends.zero(min(panel &* 8 &+ i, n &- 1))
        z1[i] = ends.zero(min(panel &* 8 &+ 4 &+ i, n &- 1))
      }
    }
    var p = UnsafeMutableRawPointer(c)
    for row in rows {
      let a0 = SIMD4<Int32>(repeating: zero(row))
      var x = p.loadUnaligned(as: SIMD4<Int32>.self) &- a0 &* b0
      var y = (p + 16).loadUnaligned(as: SIMD4<Int32>.self) &- a0 &* b1
      if ends.isNeeded {
        let sum = SIMD4<Int32>(repeating: sums[row])
        x = x &- sum &* z0
        y = y &- sum &* z1
      }
      p.storeBytes(of: x, as: SIMD4<Int32>.self)
      (p + 16).storeBytes(of: y, as: SIMD4<Int32>.self)
      p += 4 &* ldc
    }
  }
}

extension Int8Pack {
  /// Adds the sums of four rows at most to those of the columns, which the first rows begin.
  static func addColumnSums(
    _ sums: UnsafeMutablePointer<Int32>, _ panel: UnsafePointer<Int8>, column: Int, isFirst: Bool
  ) {
    for c in 0..<8 {
      var sum = isFirst ? 0 : sums[column &+ c]
      for i in 0..<4 { sum &+= Int32(panel[4 &* c &+ i]) }
      sums[column &+ c] = sum
    }
  }
}
