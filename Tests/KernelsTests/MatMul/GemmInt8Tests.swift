import NativePlatform
import Testing

@testable import Kernels

@Suite struct GemmInt8Tests {
  struct Case: CustomTestStringConvertible {
    var m: Int
    var n: Int
    var k: Int
    var testDescription: String { "\(m)x\(n)x\(k)" }
  }
  static let cases = [
    Case(m: 0, n: 2, k: 2), Case(m: 2, n: 0, k: 2), Case(m: 2, n: 3, k: 0), Case(m: 1, n: 1, k: 1),
    Case(m: 1, n: 9, k: 7), Case(m: 4, n: 8, k: 16), Case(m: 5, n: 7, k: 13), Case(m: 13, n: 17, k: 64),
    Case(m: 67, n: 70, k: 131), Case(m: 3, n: 300, k: 300),
  ]

  static func bytes(_ count: Int, seed: UInt32) -> [UInt8] {
    randomFloats(count, seed: seed).map { UInt8(truncatingIfNeeded: Int($0 * 1000)) }
  }

  @Test(arguments: cases) func isExact(_ c: Case) {
    let a = Self.bytes(c.m * c.k, seed: 1)
    let b = Self.bytes(c.k * c.n, seed: 2)
    let transposed = (0..<c.k * c.n).map { b[$0 % max(c.k, 1) * c.n + $0 / max(c.k, 1)] }
    let aZeros = Self.bytes(max(c.m, 1), seed: 3)
    let bZeros = Self.bytes(max(c.n, 1), seed: 4)
    for (aSigned, bSigned) in [(false, false), (false, true), (true, false), (true, true)] {
      for (withZeros, perRow, perColumn) in [
        (false, false, false), (true, false, false), (true, true, false), (true, false, true),
      ] {
        let value = { (x: UInt8, signed: Bool) in signed ? Int32(Int8(bitPattern: x)) : Int32(x) }
        var want = [Int32](repeating: 0, count: c.m * c.n)
        for i in 0..<c.m {
          for j in 0..<c.n {
            let a0 = withZeros ? value(aZeros[perRow ? i : 0], aSigned) : 0
            let b0 = withZeros ? value(bZeros[perColumn ? j : 0], bSigned) : 0
            for k in 0..<c.k {
              want[i * c.n + j] += (value(a[i * c.k + k], aSigned) - a0) * (value(b[k * c.n + j], bSigned) - b0)
            }
          }
        }
        for (source, rowStride, columnStride) in [(b, c.n, 1), (transposed, 1, c.k), (b, 0, 0)] {
          for platform in Self.platforms {
            let group = Int8Pack.group(platform)
            var packed = [Int8](repeating: 77, count: Int8Pack.rightCount(k: c.k, n: c.n, group: group) + 16)
            if rowStride == 0 {
              for first in stride(from: 0, to: max(c.k, 1), by: 12) {
                packRightInt8(
                  Array(source.dropFirst(first * c.n)), rows: first..<min(c.k, first + 12), k: c.k, n: c.n,
                  signed: bSigned, group: group, into: &packed)
              }
            } else {
              for first in stride(from: 0, to: c.n, by: 16) {
                packRightInt8(
                  Array(source.dropFirst(first * columnStride)), rowStride: rowStride, columnStride: columnStride,
                  columns: first..<min(c.n, first + 16), k: c.k, n: c.n, signed: bSigned, group: group, into: &packed)
              }
            }
            #expect(packed.suffix(16).allSatisfy { $0 == 77 })
            var out = [Int32](repeating: -1, count: c.m * c.n)
            var scratch = [UInt8](repeating: 99, count: Int8Pack.scratchByteCount(m: c.m, k: c.k) + 16)
            scratch.withUnsafeMutableBytes {
              gemmInt8(
                platform, m: c.m, n: c.n, k: c.k, a, stride: c.k, aSigned: aSigned, aZeros: withZeros ? aZeros : nil,
                aZeroPerRow: perRow, packed: packed, bSigned: bSigned, bZeros: withZeros ? bZeros : nil,
                bZeroPerColumn: perColumn, into: &out, ldc: c.n, scratch: $0.baseAddress!)
            }
            #expect(out == want, "a \(aSigned) b \(bSigned) zeros \(withZeros) \(perRow) \(perColumn) by \(group)")
            #expect(scratch.suffix(16).allSatisfy { $0 == 99 })
            // Scaled at once comes to the same as scaled afterwards.
            let factors = Memory((0...c.n).map { Float($0 % 5) - 1.5 })
            var epilogue = Epilogue()
            epilogue.activation = .sigmoid
            let scale = SumScale(rowScale: 0.25, columnScales: factors.read, perColumn: true, epilogue)
            var scaled = [Int32](repeating: -1, count: c.m * c.n)
            scratch.withUnsafeMutableBytes {
              gemmInt8(
                platform, m: c.m, n: c.n, k: c.k, a, stride: c.k, aSigned: aSigned, aZeros: withZeros ? aZeros : nil,
                aZeroPerRow: perRow, packed: packed, bSigned: bSigned, bZeros: withZeros ? bZeros : nil,
                bZeroPerColumn: perColumn, into: &scaled, ldc: c.n, scale: scale, scratch: $0.baseAddress!)
            }
            scale.apply(.serial, &out, ldc: c.n, rows: c.m, columns: c.n)
            #expect(scaled == out)
          }
        }
      }
    }
  }

  /// One thread and three, by pairs and by fours, and whatever this machine has for fours.
  static var platforms: [Platform] {
    let threaded = reversed(threads: 3)
    var wide: [Platform] = []
    #if arch(x86_64)
      if VectorLevel.detected == .vnni { wide = [Platform(dotBytes: Platform.wideDotBytes, vectors: .vnni)] }
      if VectorLevel.detected == .vnni { wide.append(Platform(dotBytes: Platform.wideDotBytes)) }
    #endif
    return wide + [
      .serial, threaded, Platform(dotBytes: plainDot),
      Platform(threadCount: 3, loop: { threaded.parallelFor($0, $2, $1) }, dotBytes: plainDot),
      .native(threads: 1, blas: false),
    ]
  }

  static let plainDot: Platform.DotBytes = { a, b, c, stride, quads, blocks in
    for row in 0..<4 * quads {
      for column in 0..<8 {
        var sum: Int32 = 0
        for k in 0..<4 * blocks {
          sum +=
            Int32(a[(row / 4 * blocks + k / 4) * 16 + row % 4 * 4 + k % 4]) * Int32(b[k / 4 * 32 + column * 4 + k % 4])
        }
        c[row * stride + column] = sum
      }
    }
  }

  @Test func sumsAreScaled() {
    var sums: [Int32] = [1, -2, 3, 4, 5, -6]
    let scales = Memory([0.5, 0.25, 2])
    let bias = Memory([10, 20, 30])
    SumScale(rowScale: 2, columnScales: scales.read, perColumn: true, Epilogue(bias: bias.read))
      .apply(.serial, &sums, ldc: 3, rows: 2, columns: 3)
    #expect(sums.map { Float(bitPattern: UInt32(bitPattern: $0)) } == [11, 19, 42, 14, 22.5, 6])
  }
}
