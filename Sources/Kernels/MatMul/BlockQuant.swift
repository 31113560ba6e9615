import CKernels

/// A matrix of unsigned 2, 4 or 8 bit integers in blocks along k: B [N, K] as `[N, blocks, block · bits / 8]` bytes, low
/// bits first, with a scale for each block, [N, blocks]. A value is (q - zero point) · scale.
public struct BlockQuantized {
  public var n: Int
  public var k: Int
  /// Values that share a scale: a power of two, at least 16.
  public var block: Int
  public var bits: Int
  public var data: UnsafePointer<UInt8>
  public var scales: UnsafePointer<Float>
  /// Packed as the values are, each row of blocks in whole bytes; nil is half of the range.
  public var zeroPoints: UnsafePointer<UInt8>?

  public init(
    n: Int, k: Int, block: Int, bits: Int, data: UnsafePointer<UInt8>, scales: UnsafePointer<Float>,
    zeroPoints: UnsafePointer<UInt8>?
  ) {
    assert((bits == 2 || bits == 4 || bits == 8) && block >= 16 && block & (block - 1) == 0)
    self.n = n
    self.k = k
    self.block = block
    self.bits = bits
    self.data = data
    self.scales = scales
    self.zeroPoints = zeroPoints
  }

  var blocks: Int { (k + block - 1) / block }
  var blockBytes: Int { block * bits / 8 }
  /// K with a last block filled up.
  var paddedK: Int { blocks * block }

  @inline(__always)
  func zeroPoint(_ row: Int, _ index: Int) -> Int32 {
    guard let zeroPoints else { return 1 << Int32(bits &- 1) }
    let perByte = 8 / bits
    let byte = zeroPoints[row &* ((blocks &* bits &+ 7) / 8) &+ index / perByte]
    return Int32(byte >> UInt8(index % perByte &* bits)) & (1 << Int32(bits) &- 1)
  }
}

extension BlockQuantized {
  /// All values, [N, K], where position k takes scale and zero point of block `groups[k]`.
  public func widen(
    groups: UnsafePointer<Int32>, floatZeros: UnsafePointer<Float>?, into target: UnsafeMutablePointer<Float>
  ) {
    let perByte = 8 / bits
    let mask = UInt8(truncatingIfNeeded: 1 << bits &- 1)
    for row in 0..<n {
      let bytes = data + row &* blocks &* blockBytes
      for i in 0..<k {
        let place = row &* blocks &+ Int(groups[i])
        let q = Float(bytes[i / perByte] >> UInt8(i % perByte &* bits) & mask)
        let zero = floatZeros?[place] ?? Float(zeroPoint(row, Int(groups[i])))
        target[row &* k &+ i] = (q - zero) * scales[place]
      }
    }
  }

  /// Rows of A up to which each is multiplied with the packed bits as they are; beyond, widening pays (measured in V8).
  fileprivate var fewRows: Int { bits == 4 ? 16 : 4 }
}

/// f32 elements of scratch that `gemmBlockQuantized` needs.
public func blockQuantScratchCount(m: Int, _ b: BlockQuantized, threadCount: Int) -> Int {
  // Rows: int16 values, then a scale and a sum for each block. Tiles: a panel of one block of K, and its rows.
  if m <= b.fewRows { return ((b.paddedK + 1) / 2 + 2 * b.blocks + 15) / 16 * 16 * m }
  return tileCount(b) * threadCount
}

private func tileDepth(_ b: BlockQuantized) -> Int { max(b.block, GemmBlock.depth / b.block * b.block) }
private func tileCount(_ b: BlockQuantized) -> Int { 16 * tileDepth(b) }

/// C [M, N] ← epilogue(A [M, K] · Bᵀ) with the rows of A `stride` apart.
///
/// A few rows are rounded to sixteen bits by block, which is exact to 2^-16 of the block's largest value, and multiplied
/// as integers with the bits as they are in memory. More rows widen a panel at a time into scratch.
public func gemmBlockQuantized(
  _ platform: Platform, m: Int, _ a: UnsafePointer<Float>, stride: Int, _ b: BlockQuantized,
  into c: UnsafeMutablePointer<Float>, ldc: Int, _ epilogue: Epilogue, scratch: UnsafeMutablePointer<Float>
) {
  guard m > 0, b.n > 0 else { return }
  let panels = (b.n + 7) / 8
  let hasFewRows = m <= b.fewRows
  let isSplit = platform.threadCount > 1 && m * b.n >= GemmBlock.splitWork / (hasFewRows ? 4 : 1) / max(b.k, 1)
  // A few rows read B at the speed of memory: as one long stream for each thread, unless it is so long that threads may
  // well come late.
  let streams = hasFewRows ? b.n * b.blocks * b.blockBytes / (1 << 18) : .max
  let pieces = isSplit ? min(max(platform.threadCount, min(platform.threadCount * 4, streams)), panels) : 1
  let size = (panels + pieces - 1) / pieces
  if hasFewRows {
    let rowCount = blockQuantScratchCount(m: 1, b, threadCount: 1)
    for row in 0..<m { QuantizedRow(b, scratch + row * rowCount).fill(a + row * stride, b) }
    platform.parallelFor((panels + size - 1) / size) { piece in
      let columns = piece * size * 8..<min(b.n, (piece + 1) * size * 8)
      for row in 0..<m {
        let x = QuantizedRow(b, scratch + row * rowCount)
        let y = c + (row * ldc + columns.lowerBound)
        if b.bits == 4 && b.block >= 32 {
          for column in Swift.stride(from: columns.lowerBound, to: columns.upperBound, by: 4) {
            x.fourColumns(b, column, min(4, columns.upperBound - column), y + (column - columns.lowerBound))
          }
        } else {
          for column in columns { y[column &- columns.lowerBound] = x.dot(b, column) }
        }
        finish(
          y, ldc: ldc, rows: 1, columns: columns.count,
          epilogue.advanced(row: row, column: columns.lowerBound, offset: row * ldc + columns.lowerBound))
      }
    }
    return
  }
  platform.parallelFor((panels + size - 1) / size) { piece, slot in
    let panel = scratch + slot * tileCount(b)
    for i in piece * size..<min(panels, (piece + 1) * size) {
      let columns = i * 8..<min(b.n, i * 8 + 8)
      widenAndMultiply(m, a, stride, b, columns, c, ldc, epilogue, panel)
    }
  }
}

/// One panel of eight columns: a block of K at a time, widened and multiplied with all rows.
private func widenAndMultiply(
  _ m: Int, _ a: UnsafePointer<Float>, _ stride: Int, _ b: BlockQuantized, _ columns: Range<Int>,
  _ c: UnsafeMutablePointer<Float>, _ ldc: Int, _ epilogue: Epilogue, _ panel: UnsafeMutablePointer<Float>
) {
  let most = tileDepth(b)
  let rows = panel + 8 * most
  var k0 = 0
  repeat {
    let depth = min(most, b.k - k0)
    for (i, column) in columns.enumerated() {
      var block = k0 / b.block
      var k = 0
      while k < depth {
        widen(b, column, block, rows + (i &* most &+ k))
        block &+= 1
        k &+= b.block
      }
    }
    packPanelsTransposed(
      UnsafePointer(rows), stride: most, rows: depth, columns: columns.count, into: panel, panelStride: 8 * most)
    let part = GemmDepth(
      depth: depth, accumulate: k0 > 0, finish: k0 + depth == b.k, panelStride: 8 * most, leftStride: 0)
    part.run(
      rows: m, columns: columns.count, a + k0, stride, UnsafePointer(panel), c + columns.lowerBound, ldc,
      epilogue.advanced(row: 0, column: columns.lowerBound, offset: columns.lowerBound))
    k0 += depth
  } while k0 < b.k
}

/// The values of one block.
private func widen(_ b: BlockQuantized, _ row: Int, _ index: Int, _ target: UnsafeMutablePointer<Float>) {
  let place = row &* b.blocks &+ index
  let bytes = b.data + place &* b.blockBytes
  let zero = b.zeroPoint(row, index)
  let scale = b.scales[place]
  let zeros = SIMD4<Int32>(repeating: zero)
  let scales = Lanes(repeating: scale)
  switch b.bits {
  case 8:
    var i = 0
    while i < b.block {
      put(ck_widenUnsigned(bytes + i), zeros, scales, target + i)
      i &+= 8
    }
  case 4 where b.block >= 32:
    var i = 0
    while i < b.block {
      let packed = ck_loadBytes(bytes + i / 2)
      let (low, high) = (ck_lowNibbles(packed), ck_highNibbles(packed))
      let first = ck_interleaveLowBytes(low, high)
      let second = ck_interleaveHighBytes(low, high)
      put(ck_lowBytes(first), zeros, scales, target + i)
      put(ck_highBytes(first), zeros, scales, target + (i &+ 8))
      put(ck_lowBytes(second), zeros, scales, target + (i &+ 16))
      put(ck_highBytes(second), zeros, scales, target + (i &+ 24))
      i &+= 32
    }
  default:
    let perByte = 8 / b.bits
    let mask = UInt8(1 << b.bits) &- 1
    for i in 0..<b.block {
      let q = bytes[i / perByte] >> UInt8(i % perByte &* b.bits) & mask
      target[i] = Float(Int32(q) &- zero) * scale
    }
  }
}

@inline(__always)
private func put(_ q: SIMD8<Int16>, _ zeros: SIMD4<Int32>, _ scales: Lanes, _ target: UnsafeMutablePointer<Float>) {
  store(Lanes(converting: ck_lowIntegers(q) &- zeros) * scales, target)
  store(Lanes(converting: ck_highIntegers(q) &- zeros) * scales, target + 4)
}

/// One row of A, rounded block by block to int16: `[blocks, block]`, for four bits in runs of 32 every fourth value from
/// the first, then those from the second, the third and the fourth: as the nibbles of words come apart.
/// Beside it for each block its scale and the sum of its values.
private struct QuantizedRow {
  let values: UnsafeMutablePointer<Int16>
  let scales: UnsafeMutablePointer<Float>
  let sums: UnsafeMutablePointer<Int32>

  init(_ b: BlockQuantized, _ memory: UnsafeMutablePointer<Float>) {
    let half = (b.paddedK + 1) / 2
    values = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: Int16.self)
    scales = memory + half
    sums = UnsafeMutableRawPointer(memory + (half + b.blocks)).assumingMemoryBound(to: Int32.self)
  }

  /// The largest magnitude a value is given: the sum of a block, each product below 2^bits · range, fits in int32.
  private static func range(_ b: BlockQuantized) -> Float {
    min(32767, Float(1 << (31 - b.bits)) / Float(b.block))
  }

  func fill(_ a: UnsafePointer<Float>, _ b: BlockQuantized) {
    let limit = QuantizedRow.range(b)
    let interleaves = b.bits == 4 && b.block >= 32
    for block in 0..<b.blocks {
      let from = a + block &* b.block
      let to = UnsafeMutableRawPointer(values + block &* b.block)
      let count = min(b.block, b.k &- block &* b.block)
      let four = { (i: Int) in i &+ 4 <= count ? load(from + i) : load(from + i, count: max(0, count &- i)) }
      var magnitudes = Lanes(repeating: 0)
      var zeros = Lanes(repeating: 0)
      var i = 0
      while i < count {
        let x = four(i)
        magnitudes = x.magnitudes.atLeast(magnitudes)
        zeros += x * Lanes(repeating: 0)
        i &+= 4
      }
      // What is not finite goes through the scale: the block's results are then NaN.
      let largest = zeros.total == 0 ? magnitudes.largest : .nan
      let scale = largest == 0 ? 0 : largest / limit
      let inverse = Lanes(repeating: scale > 0 ? 1 / scale : 0)
      // Adding the rounder rounds to an integer in the low bits, ties to even.
      let rounder = Lanes(repeating: 0x1.8p23)
      var sum = SIMD4<Int32>(repeating: 0)
      let quantized = { (i: Int) -> SIMD4<Int32> in
        let q = (four(i) * inverse + rounder).bits &- rounder.bits
        sum = sum &+ q
        return q
      }
      i = 0
      if interleaves {
        while i < b.block {
          for half in 0..<2 {
            let at = i &+ 16 &* half
            let (q0, q1, q2, q3) = transpose4(
              Lanes(bits: quantized(at)), Lanes(bits: quantized(at &+ 4)), Lanes(bits: quantized(at &+ 8)),
              Lanes(bits: quantized(at &+ 12)))
            let to = to + (2 &* i &+ 8 &* half)
            ck_storeHalves(q0.bits, to)
            ck_storeHalves(q1.bits, to + 16)
            ck_storeHalves(q2.bits, to + 32)
            ck_storeHalves(q3.bits, to + 48)
          }
          i &+= 32
        }
      } else {
        while i < b.block {
          ck_storeHalves(quantized(i), to + 2 &* i)
          i &+= 4
        }
      }
      scales[block] = scale
      sums[block] = (sum[0] &+ sum[1]) &+ (sum[2] &+ sum[3])
    }
  }

  /// The products with up to four columns of four-bit values.
  @inline(never)
  func fourColumns(_ b: BlockQuantized, _ column: Int, _ count: Int, _ y: UnsafeMutablePointer<Float>) {
    let blocks = b.blocks
    let rowBytes = blocks &* b.blockBytes
    let (c1, c2, c3) = (column &+ min(1, count &- 1), column &+ min(2, count &- 1), column &+ min(3, count &- 1))
    let data = UnsafeRawPointer(b.data)
    var (p0, p1) = (data + column &* rowBytes, data + c1 &* rowBytes)
    var (p2, p3) = (data + c2 &* rowBytes, data + c3 &* rowBytes)
    let (f0, f1) = (b.scales + column &* blocks, b.scales + c1 &* blocks)
    let (f2, f3) = (b.scales + c2 &* blocks, b.scales + c3 &* blocks)
    var (t0, t1) = (Lanes(repeating: 0), Lanes(repeating: 0))
    var (t2, t3) = (Lanes(repeating: 0), Lanes(repeating: 0))
    var x = UnsafeRawPointer(values)
    let hasZeros = b.zeroPoints != nil
    let runs = b.block / 32
    for block in 0..<blocks {
      // The zero point takes away its part of every value's product.
      let sum = 0 &- sums[block]
      var s0 = ck_single(sum &* (hasZeros ? b.zeroPoint(column, block) : 8))
      var s1 = ck_single(sum &* (hasZeros ? b.zeroPoint(c1, block) : 8))
      var s2 = ck_single(sum &* (hasZeros ? b.zeroPoint(c2, block) : 8))
      var s3 = ck_single(sum &* (hasZeros ? b.zeroPoint(c3, block) : 8))
      for _ in 0..<runs {
        (x, p0, p1) = (ck_pinPointer(x), ck_pinPointer(p0), ck_pinPointer(p1))
        (p2, p3) = (ck_pinPointer(p2), ck_pinPointer(p3))
        let (x0, x1) = (ck_loadHalves(x), ck_loadHalves(x + 16))
        let (x2, x3) = (ck_loadHalves(x + 32), ck_loadHalves(x + 48))
        s0 = QuantizedRow.add(s0, ck_loadWords(p0), x0, x1, x2, x3)
        s1 = QuantizedRow.add(s1, ck_loadWords(p1), x0, x1, x2, x3)
        s2 = QuantizedRow.add(s2, ck_loadWords(p2), x0, x1, x2, x3)
        s3 = QuantizedRow.add(s3, ck_loadWords(p3), x0, x1, x2, x3)
        x += 64
        p0 += 16
        p1 += 16
        p2 += 16
        p3 += 16
      }
      let scale = Lanes(repeating: scales[block])
      t0 += Lanes(converting: s0) * (Lanes(repeating: f0[block]) * scale)
      t1 += Lanes(converting: s1) * (Lanes(repeating: f1[block]) * scale)
      t2 += Lanes(converting: s2) * (Lanes(repeating: f2[block]) * scale)
      t3 += Lanes(converting: s3) * (Lanes(repeating: f3[block]) * scale)
    }
    store(Lanes(t0.total, t1.total, t2.total, t3.total), y, count: count)
  }

  /// Adds the products of 32 values.
  @inline(__always)
  private static func add(
    _ sum: SIMD4<Int32>, _ words: SIMD8<UInt16>, _ x0: SIMD8<Int16>, _ x1: SIMD8<Int16>, _ x2: SIMD8<Int16>,
    _ x3: SIMD8<Int16>
  ) -> SIMD4<Int32> {
    let first = ck_dot(ck_nibbles0(words), x0) &+ ck_dot(ck_nibbles1(words), x1)
    let second = ck_dot(ck_nibbles2(words), x2) &+ ck_dot(ck_nibbles3(words), x3)
    return ck_pinIntegers(sum &+ (first &+ second))
  }

  /// The product with one column of any bits, a block widened to int16 at a time.
  func dot(_ b: BlockQuantized, _ column: Int) -> Float {
    let blocks = b.blocks
    var bytes = b.data + column &* blocks &* b.blockBytes
    var x = UnsafePointer(values)
    var total: Float = 0
    for block in 0..<blocks {
      var sum: Int32 = 0
      if b.bits == 8 {
        var sums = SIMD4<Int32>(repeating: 0)
        var i = 0
        while i < b.block {
          sums = sums &+ ck_dot(ck_widenUnsigned(bytes + i), ck_loadHalves(x + i))
          i &+= 8
        }
        sum = (sums[0] &+ sums[1]) &+ (sums[2] &+ sums[3])
      } else {
        let perByte = 8 / b.bits
        let mask = UInt8(1 << b.bits) &- 1
        for i in 0..<b.block {
          sum &+= Int32(bytes[i / perByte] >> UInt8(i % perByte &* b.bits) & mask) &* Int32(x[i])
        }
      }
      sum &-= b.zeroPoint(column, block) &* sums[block]
      total += Float(sum) * (b.scales[column &* blocks &+ block] * scales[block])
      bytes += b.blockBytes
      x += b.block
    }
    return total
  }
}
