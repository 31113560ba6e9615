import CKernels

/// Which scale belongs to a sum of [rows, columns].
public enum RequantizedBy: Sendable {
  /// One scale for all.
  case tensor
  /// One scale for each column.
  case column
  /// One scale and bias for each row, again and again every `period` rows.
  case row(period: Int)
}

/// round((sum + bias) · scale) + zero point, ties to even, saturated to a signed or unsigned byte.
///
/// Biases, where there are any, are one for each row, and need `.row`.
public func requantize(
  _ platform: Platform, _ sums: UnsafePointer<Int32>, rows: Int, columns: Int, biases: UnsafePointer<Int32>?,
  scales: UnsafePointer<Float>, scaledBy: RequantizedBy, zeroPoint: Int32, into target: UnsafeMutableRawPointer,
  signed: Bool
) {
  guard columns > 0 else { return }
  let end = RequantizedEnd(zeroPoint: zeroPoint, signed: signed)
  switch scaledBy {
  case .tensor:
    platform.parallelRanges(rows * columns, grain: 32768) { range in
      end.run(sums + range.lowerBound, range.count, bias: 0, scale: scales[0], into: target + range.lowerBound)
    }
  case .column:
    platform.parallelRanges(rows, grain: max(1, 32768 / columns)) { range in
      for row in range {
        end.run(sums + row &* columns, columns, scales, into: target + row &* columns)
      }
    }
  case .row(let period):
    platform.parallelRanges(rows, grain: max(1, 32768 / columns)) { range in
      for row in range {
        let i = row % period
        end.run(
          sums + row &* columns, columns, bias: biases?[i] ?? 0, scale: scales[i], into: target + row &* columns)
      }
    }
  }
}

/// The last steps of one vector of sums.
private struct RequantizedEnd {
  private let zero: SIMD4<Int32>
  private let low: SIMD4<Int32>
  private let high: SIMD4<Int32>

  init(zeroPoint: Int32, signed: Bool) {
    zero = SIMD4(repeating: zeroPoint)
    low = SIMD4(repeating: signed ? -128 : 0)
    high = SIMD4(repeating: signed ? 127 : 255)
  }

  /// Beyond a thousand every result is saturated, whatever the zero point; the rounder is exact up to there.
  @inline(__always)
  private func finish(_ x: Lanes) -> SIMD4<Int32> {
    let rounder = Lanes(repeating: 0x1.8p23)
    let y = x.atLeast(Lanes(repeating: -1000)).atMost(Lanes(repeating: 1000))
    let q = ((y + rounder).bits &- rounder.bits) &+ zero
    return ck_minIntegers(ck_maxIntegers(q, low), high)
  }

  func run(
    _ sums: UnsafePointer<Int32>, _ count: Int, bias: Int32, scale: Float, into target: UnsafeMutableRawPointer
  ) {
    let scales = Lanes(repeating: scale)
    let biases = SIMD4<Int32>(repeating: bias)
    var i = 0
    while i &+ 4 <= count {
      let sum = UnsafeRawPointer(sums + i).loadUnaligned(as: SIMD4<Int32>.self)
      ck_storeBytes(finish(Lanes(converting: sum &+ biases) * scales), target + i)
      i &+= 4
    }
    while i < count {
      let x = finish(Lanes(repeating: Float(sums[i] &+ bias) * scale))
      target.storeBytes(of: UInt8(truncatingIfNeeded: x[0]), toByteOffset: i, as: UInt8.self)
      i &+= 1
    }
  }

  func run(
    _ sums: UnsafePointer<Int32>, _ count: Int, _ scales: UnsafePointer<Float>, into target: UnsafeMutableRawPointer
  ) {
    var i = 0
    while i &+ 4 <= count {
      let sum = UnsafeRawPointer(sums + i).loadUnaligned(as: SIMD4<Int32>.self)
      ck_storeBytes(finish(Lanes(converting: sum) * load(scales + i)), target + i)
      i &+= 4
    }
    while i < count {
      let x = finish(Lanes(repeating: Float(sums[i]) * scales[i]))
      target.storeBytes(of: UInt8(truncatingIfNeeded: x[0]), toByteOffset: i, as: UInt8.self)
      i &+= 1
    }
  }
}
