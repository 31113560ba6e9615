import CKernels

/// Bytes with a scale and a zero point.
public struct QuantizedBytes {
  fileprivate let bytes: UnsafePointer<UInt8>
  private let flip: UInt8
  private let zero: SIMD4<Int32>
  private let scale: SIMD4<Float>

  public init(_ bytes: UnsafeRawPointer, isSigned: Bool, scale: Float, zeroPoint: Int32) {
    self.bytes = bytes.assumingMemoryBound(to: UInt8.self)
    flip = isSigned ? 128 : 0
    zero = SIMD4(repeating: zeroPoint &+ (isSigned ? 128 : 0))
    self.scale = SIMD4(repeating: scale)
  }

  /// Eight of sixteen bytes as unsigned ones, widened.
  @inline(__always)
  fileprivate func words(_ p: UnsafePointer<UInt8>, high: Bool) -> SIMD8<Int16> {
    let bytes = ck_loadBytes(p) ^ SIMD16(repeating: flip)
    return high ? ck_highBytes(bytes) : ck_lowBytes(bytes)
  }

  @inline(__always)
  fileprivate func value(_ integers: SIMD4<Int32>) -> Lanes { Lanes(converting: integers &- zero) * scale }
}

/// round((a + b) / scale) + zero point of bytes side by side, as if both were dequantised before.
public func addBytes(
  _ platform: Platform, _ a: QuantizedBytes, _ b: QuantizedBytes, count: Int, into target: UnsafeMutableRawPointer,
  scale: Float, _ end: Requantizer
) {
  platform.parallelRanges(count, grain: 32768) { range in
    var i = range.lowerBound
    while i &+ 16 <= range.upperBound {
      addSixteen(a, a.bytes + i, b, b.bytes + i, target + i, scale, end, count: 16)
      i &+= 16
    }
    let rest = range.upperBound &- i
    guard rest > 0 else { return }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { buffer in
      let p = buffer.baseAddress!
      for j in 0..<16 {
        p[j] = j < rest ? a.bytes[i &+ j] : 0
        p[16 &+ j] = j < rest ? b.bytes[i &+ j] : 0
      }
      addSixteen(a, p, b, p + 16, target + i, scale, end, count: rest)
    }
  }
}

@inline(never)
private func addSixteen(
  _ a: QuantizedBytes, _ pa: UnsafePointer<UInt8>, _ b: QuantizedBytes, _ pb: UnsafePointer<UInt8>,
  _ target: UnsafeMutableRawPointer, _ scale: Float, _ end: Requantizer, count: Int
) {
  let scales = Lanes(repeating: scale)
  let (a0, a1) = (a.words(pa, high: false), a.words(pa, high: true))
  let (b0, b1) = (b.words(pb, high: false), b.words(pb, high: true))
  end.store(
    end.signed((a.value(ck_lowIntegers(a0)) + b.value(ck_lowIntegers(b0))) / scales),
    end.signed((a.value(ck_highIntegers(a0)) + b.value(ck_highIntegers(b0))) / scales),
    end.signed((a.value(ck_lowIntegers(a1)) + b.value(ck_lowIntegers(b1))) / scales),
    end.signed((a.value(ck_highIntegers(a1)) + b.value(ck_highIntegers(b1))) / scales), target, count: count)
}
