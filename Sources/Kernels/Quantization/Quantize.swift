import CKernels

/// An integer that float32 values are quantised to.
public enum QuantizedType: Sendable {
  case uint8, int8, uint16, int16, int32

  var byteCount: Int {
    switch self {
    case .uint8, .int8: 1
    case .uint16, .int16: 2
    case .int32: 4
    }
  }
  var bounds: (low: Int32, high: Int32) {
    switch self {
    case .uint8: (0, 255)
    case .int8: (-128, 127)
    case .uint16: (0, 65535)
    case .int16: (-32768, 32767)
    case .int32: (.min, .max)
    }
  }
}

/// Which scale and zero point belong to an element of [outer, axis, inner].
public struct QuantizedLayout: Sendable {
  public var outer: Int
  public var axis: Int
  public var inner: Int
  /// Elements of the axis that share a scale. 0: one for each position of the axis, [axis]; otherwise scales are
  /// [outer, ceil(axis / block), inner].
  public var block: Int

  public init(outer: Int, axis: Int, inner: Int, block: Int = 0) {
    self.outer = outer
    self.axis = axis
    self.inner = inner
    self.block = block
  }
  /// One scale for all of `count` elements.
  public static func tensor(_ count: Int) -> QuantizedLayout { QuantizedLayout(outer: 1, axis: 1, inner: count) }

  /// Calls `body` for runs of elements: where it starts, how long it is, its first scale, and whether each element has
  /// a scale of its own (the scales then lie side by side).
  func forEachRun(_ platform: Platform, _ body: (_ start: Int, _ count: Int, _ scale: Int, _ each: Bool) -> Void) {
    guard outer > 0, axis > 0, inner > 0 else { return }
    if outer * axis == 1 && block == 0 {
      platform.parallelRanges(inner, grain: 32768) { body($0.lowerBound, $0.count, 0, false) }
      return
    }
    let blocks = block == 0 ? 0 : (axis + block - 1) / block
    platform.parallelRanges(outer * axis, grain: max(1, 32768 / inner)) { rows in
      for row in rows {
        if block == 0 {
          body(row &* inner, inner, row % axis, false)
        } else {
          body(row &* inner, inner, (row / axis &* blocks &+ row % axis / block) &* inner, inner > 1)
        }
      }
    }
  }
}

/// round(x / scale) + zero point, ties to even, within the bounds of `type`; NaN becomes the zero point.
///
/// `zeroPoints`, where there are any, are of `type` and lie as the scales do. Not for `.int32`.
public func quantizeLinear(
  _ platform: Platform, _ source: UnsafePointer<Float>, into target: UnsafeMutableRawPointer, type: QuantizedType,
  _ layout: QuantizedLayout, scales: UnsafePointer<Float>, zeroPoints: UnsafeRawPointer?
) {
  assert(type != .int32)
  let size = type.byteCount
  layout.forEachRun(platform) { start, count, first, each in
    if each {
      for i in 0..<count {
        quantizeRun(
          source + (start &+ i), target + (start &+ i) &* size, 1, type, scales[first &+ i],
          integer(zeroPoints, first &+ i, type))
      }
    } else {
      quantizeRun(source + start, target + start &* size, count, type, scales[first], integer(zeroPoints, first, type))
    }
  }
}

/// (q - zero point) · scale, for zero points as above.
public func dequantizeLinear(
  _ platform: Platform, _ source: UnsafeRawPointer, type: QuantizedType, into target: UnsafeMutablePointer<Float>,
  _ layout: QuantizedLayout, scales: UnsafePointer<Float>, zeroPoints: UnsafeRawPointer?
) {
  let size = type.byteCount
  layout.forEachRun(platform) { start, count, first, each in
    if each {
      for i in 0..<count {
        let zero = integer(zeroPoints, first &+ i, type)
        target[start &+ i] = Float(integer(source, start &+ i, type) &- zero) * scales[first &+ i]
      }
    } else {
      dequantizeRun(
        source + start &* size, target + start, count, type, scales[first], integer(zeroPoints, first, type))
    }
  }
}

/// Scale and zero point that spread the range of the values, with 0 in it, over 0...255.
public func dynamicRange(_ source: UnsafePointer<Float>, _ count: Int) -> (scale: Float, zeroPoint: UInt8) {
  var low = Lanes(repeating: 0)
  var high = Lanes(repeating: 0)
  // A second pair, so that a step need not wait for the one before.
  var (otherLow, otherHigh) = (low, high)
  var i = 0
  while i &+ 8 <= count {
    let x = load(source + i)
    let y = load(source + (i &+ 4))
    low = low.atMost(x)
    high = high.atLeast(x)
    otherLow = otherLow.atMost(y)
    otherHigh = otherHigh.atLeast(y)
    i &+= 8
  }
  low = low.atMost(otherLow)
  high = high.atLeast(otherHigh)
  while i < count {
    let x = load(source + i, count: min(4, count &- i))
    low = low.atMost(x)
    high = high.atLeast(x)
    i &+= 4
  }
  let smallest = low.smallest
  let largest = high.largest
  let scale = smallest == largest ? 1 : (largest - smallest) / 255
  let zero = min(max((-smallest / scale).rounded(.toNearestOrEven), 0), 255)
  return (scale, zero.isNaN ? 0 : UInt8(zero))
}

/// What is left of the values when they are quantised by their range and dequantised again.
func roundToBytes(_ source: UnsafePointer<Float>, _ count: Int, into target: UnsafeMutablePointer<Float>) {
  let (scale, zeroPoint) = dynamicRange(source, count)
  let zero = Float(zeroPoint)
  for i in 0..<count {
    let byte = min(max((source[i] / scale).rounded(.toNearestOrEven) + zero, 0), 255)
    target[i] = (byte - zero) * scale
  }
}

/// Two four-bit integers to a byte, the first in the low half, as `count` bytes of their own.
public func unpackNibbles(
  _ source: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<UInt8>, count: Int, signed: Bool
) {
  for i in 0..<count {
    let nibble = i % 2 == 0 ? source[i / 2] & 15 : source[i / 2] >> 4
    target[i] = signed && nibble > 7 ? nibble | 0xf0 : nibble
  }
}

/// The low halves of `count` bytes, two to a byte; an odd last one has zero beside it.
public func packNibbles(_ source: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<UInt8>, count: Int) {
  var i = 0
  while i < count {
    target[i / 2] = source[i] & 15 | (i &+ 1 < count ? source[i &+ 1] << 4 : 0)
    i &+= 2
  }
}

@inline(__always)
private func integer(_ p: UnsafeRawPointer?, _ i: Int, _ type: QuantizedType) -> Int32 {
  guard let p else { return 0 }
  switch type {
  case .uint8: return Int32(p.load(fromByteOffset: i, as: UInt8.self))
  case .int8: return Int32(p.load(fromByteOffset: i, as: Int8.self))
  case .uint16: return Int32(p.loadUnaligned(fromByteOffset: i &* 2, as: UInt16.self))
  case .int16: return Int32(p.loadUnaligned(fromByteOffset: i &* 2, as: Int16.self))
  case .int32: return p.loadUnaligned(fromByteOffset: i &* 4, as: Int32.self)
  }
}

private func quantizeRun(
  _ source: UnsafePointer<Float>, _ target: UnsafeMutableRawPointer, _ count: Int, _ type: QuantizedType,
  _ scale: Float, _ zero: Int32
) {
  let (low, high) = type.bounds
  if type.byteCount == 1, count >= 8, VectorLevel.detected > .baseline {
    ck_quantizeBytes(
      VectorLevel.detected.rawValue, source, target.assumingMemoryBound(to: UInt8.self), count, scale, zero, low,
      high)
    return
  }
  let scales = Lanes(repeating: scale)
  let scaled = { (x: UnsafePointer<Float>) -> Lanes in
    let y = load(x) / scales
    // NaN is 0 from here on.
    return Lanes(bits: y.bits & y.isEqual(y))
  }
  let whole = count / 16 * 16
  var i = 0
  if type.byteCount == 1 {
    let end = Requantizer(zeroPoint: zero, isSigned: type == .int8)
    while i < whole {
      let x = source + i
      end.store(
        end.signed(scaled(x)), end.signed(scaled(x + 4)), end.signed(scaled(x + 8)), end.signed(scaled(x + 12)),
        target + i, count: 16)
      i &+= 16
    }
  } else {
    let zeros = SIMD4<Int32>(repeating: zero)
    let (lows, highs) = (SIMD4<Int32>(repeating: low), SIMD4<Int32>(repeating: high))
    // Beyond these every result is saturated, whatever the zero point; adding the rounder is exact up to there.
    let limit = Lanes(repeating: 200_000)
    let rounder = Lanes(repeating: 0x1.8p23)
    while i < whole {
      let y = scaled(source + i).atLeast(-limit).atMost(limit)
      let q = ((y + rounder).bits &- rounder.bits) &+ zeros
      ck_storeHalves(ck_minIntegers(ck_maxIntegers(q, lows), highs), target + i &* 2)
      i &+= 4
    }
  }
  guard i < count else { return }
  withUnsafeTemporaryAllocation(of: Float.self, capacity: 32) { rest in
    let (floats, quantized) = (rest.baseAddress!, UnsafeMutableRawPointer(rest.baseAddress! + 16))
    for j in 0..<16 { floats[j] = i &+ j < count ? source[i &+ j] : 0 }
    quantizeRun(floats, quantized, 16, type, scale, zero)
    (target + i &* type.byteCount).copyMemory(from: quantized, byteCount: (count &- i) &* type.byteCount)
  }
}

private func dequantizeRun(
  _ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>, _ count: Int, _ type: QuantizedType,
  _ scale: Float, _ zero: Int32
) {
  if type.byteCount == 1, count >= 8, VectorLevel.detected > .baseline {
    ck_dequantizeBytes(
      VectorLevel.detected.rawValue, source.assumingMemoryBound(to: UInt8.self), target, count, scale, zero,
      type == .int8 ? 1 : 0)
    return
  }
  let scales = Lanes(repeating: scale)
  let zeros = SIMD4<Int32>(repeating: zero)
  var i = 0
  if type.byteCount == 1 {
    while i &+ 8 <= count {
      let q = type == .int8 ? ck_widenSigned(source + i) : ck_widenUnsigned(source + i)
      store(Lanes(converting: ck_lowIntegers(q) &- zeros) * scales, target + i)
      store(Lanes(converting: ck_highIntegers(q) &- zeros) * scales, target + (i &+ 4))
      i &+= 8
    }
  }
  while i < count {
    target[i] = Float(integer(source, i, type) &- zero) * scale
    i &+= 1
  }
}
