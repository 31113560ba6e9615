import CKernels

/// round(x) + zero point, ties to even, saturated: the last steps from a scaled sum to a byte.
///
/// The bounds are applied before rounding, which comes to the same. Bytes are signed up to the last step, in which
/// unsigned ones are moved by 128.
public struct Requantizer: Sendable {
  /// The zero point less the bits of the rounder.
  private let zero: SIMD4<Int32>
  private let low: SIMD4<Float>
  private let high: SIMD4<Float>
  private let flip: UInt8

  private static var rounder: Float { 0x1.8p23 }

  /// `bounds` are the least and the largest byte, where they are narrower than those of the type.
  public init(zeroPoint: Int32, isSigned: Bool, bounds: (low: Int32, high: Int32)? = nil) {
    let (low, high) = bounds ?? (isSigned ? (-128, 127) : (0, 255))
    zero = SIMD4(
      repeating: zeroPoint &- (isSigned ? 0 : 128) &- Int32(bitPattern: Requantizer.rounder.bitPattern))
    self.low = SIMD4(repeating: Float(low &- zeroPoint))
    self.high = SIMD4(repeating: Float(high &- zeroPoint))
    flip = isSigned ? 0 : 128
  }

  /// Four bytes as signed ones. NaN becomes the lowest.
  @inline(__always)
  func signed(_ x: Lanes) -> SIMD4<Int32> {
    (low.atLeast(x).atMost(high) + Lanes(repeating: Requantizer.rounder)).bits &+ zero
  }

  /// The first `count` of eight signed bytes as they are stored.
  @inline(__always)
  func store(_ a: SIMD4<Int32>, _ b: SIMD4<Int32>, _ target: UnsafeMutableRawPointer, count: Int) {
    let bytes = ck_narrow(a, b, a, b) ^ SIMD16(repeating: flip)
    var word = UInt64(truncatingIfNeeded: ck_firstWord(bytes))
    if count == 8 { return target.storeBytes(of: word, as: UInt64.self) }
    for i in 0..<count {
      target.storeBytes(of: UInt8(truncatingIfNeeded: word), toByteOffset: i, as: UInt8.self)
      word >>= 8
    }
  }

  /// The first `count` of sixteen signed bytes, at most all of them, as they are stored.
  @inline(__always)
  func store(
    _ a: SIMD4<Int32>, _ b: SIMD4<Int32>, _ c: SIMD4<Int32>, _ d: SIMD4<Int32>, _ target: UnsafeMutableRawPointer,
    count: Int
  ) {
    var bytes = ck_narrow(a, b, c, d) ^ SIMD16(repeating: flip)
    if count >= 16 {
      ck_storeVector(bytes, target)
    } else {
      withUnsafeBytes(of: &bytes) { bytes in
        for i in 0..<count { target.storeBytes(of: bytes[i], toByteOffset: i, as: UInt8.self) }
      }
    }
  }
}

/// round(sum · scale) + zero point, ties to even, saturated to a signed or unsigned byte, with a scale for each column
/// of [rows, columns].
public func requantize(
  _ platform: Platform, _ sums: UnsafePointer<Int32>, rows: Int, columns: Int, scales: UnsafePointer<Float>,
  zeroPoint: Int32, into target: UnsafeMutableRawPointer, signed: Bool
) {
  guard columns > 0 else { return }
  let end = Requantizer(zeroPoint: zeroPoint, isSigned: signed)
  platform.parallelRanges(rows, grain: max(1, 32768 / columns)) { range in
    for row in range {
      let (from, to) = (sums + row &* columns, target + row &* columns)
      var i = 0
      while i &+ 16 <= columns {
        requantizeSixteen(UnsafeRawPointer(from + i), scales + i, end, to + i, count: 16)
        i &+= 16
      }
      guard i < columns else { continue }
      withUnsafeTemporaryAllocation(of: Float.self, capacity: 32) { rest in
        let factors = rest.baseAddress!
        let sums = UnsafeMutableRawPointer(factors + 16).assumingMemoryBound(to: Int32.self)
        for j in 0..<16 {
          factors[j] = i &+ j < columns ? scales[i &+ j] : 0
          sums[j] = i &+ j < columns ? from[i &+ j] : 0
        }
        requantizeSixteen(UnsafeRawPointer(sums), factors, end, to + i, count: columns &- i)
      }
    }
  }
}

@inline(never)
private func requantizeSixteen(
  _ sums: UnsafeRawPointer, _ scales: UnsafePointer<Float>, _ end: Requantizer, _ target: UnsafeMutableRawPointer,
  count: Int
) {
  let four = { (i: Int) in
    end.signed(Lanes(converting: (sums + 4 * i).loadUnaligned(as: SIMD4<Int32>.self)) * load(scales + i))
  }
  end.store(four(0), four(4), four(8), four(12), target, count: count)
}
