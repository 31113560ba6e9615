import Testing

@testable import Kernels

@Suite struct QuantizeTests {
  struct Case: CustomTestStringConvertible {
    var name: String
    var layout: QuantizedLayout
    var scaleCount: Int
    /// The scale of element i.
    var scale: @Sendable (Int) -> Int
    var testDescription: String { name }
  }
  static let cases = [
    Case(name: "nothing", layout: .tensor(0), scaleCount: 1, scale: { _ in 0 }),
    Case(name: "one", layout: .tensor(1), scaleCount: 1, scale: { _ in 0 }),
    Case(name: "tensor", layout: .tensor(71), scaleCount: 1, scale: { _ in 0 }),
    Case(name: "large tensor", layout: .tensor(100_003), scaleCount: 1, scale: { _ in 0 }),
    Case(
      name: "axis", layout: QuantizedLayout(outer: 2, axis: 3, inner: 5), scaleCount: 3, scale: { $0 / 5 % 3 }),
    Case(name: "last axis", layout: QuantizedLayout(outer: 4, axis: 7, inner: 1), scaleCount: 7, scale: { $0 % 7 }),
    Case(
      name: "blocks", layout: QuantizedLayout(outer: 2, axis: 7, inner: 3, block: 4), scaleCount: 12,
      scale: { ($0 / 21 * 2 + $0 / 3 % 7 / 4) * 3 + $0 % 3 }),
    Case(
      name: "blocks of the last axis", layout: QuantizedLayout(outer: 3, axis: 8, inner: 1, block: 4), scaleCount: 6,
      scale: { $0 / 8 * 2 + $0 % 8 / 4 }),
  ]

  @Test(arguments: cases) func agreesWithTheDefinition(_ c: Case) {
    let count = c.layout.outer * c.layout.axis * c.layout.inner
    let x = randomFloats(count, seed: 1, scale: 300)
    let scales = randomFloats(c.scaleCount, seed: 2).map { abs($0) + 0.01 }
    for platform in [Platform.serial, reversed(threads: 3)] {
      check(UInt8.self, .uint8, platform, c, x, scales)
      check(Int8.self, .int8, platform, c, x, scales)
      check(UInt16.self, .uint16, platform, c, x, scales)
      check(Int16.self, .int16, platform, c, x, scales)
    }
  }

  private func check<T: FixedWidthInteger>(
    _: T.Type, _ type: QuantizedType, _ platform: Platform, _ c: Case, _ x: [Float], _ scales: [Float]
  ) {
    for withZeros in [false, true] {
      let zeros = (0..<c.scaleCount).map { T(truncatingIfNeeded: $0 * 31 + 5) }
      let want = x.enumerated().map { i, x -> T in
        let s = c.scale(i)
        let q = (x / scales[s]).rounded(.toNearestOrEven) + (withZeros ? Float(zeros[s]) : 0)
        return T(min(max(q, Float(T.min)), Float(T.max)))
      }
      var q = [T](repeating: 3, count: x.count)
      q.withUnsafeMutableBytes { q in
        zeros.withUnsafeBytes { zeros in
          guard let base = q.baseAddress else { return }
          quantizeLinear(
            platform, x, into: base, type: type, c.layout, scales: scales,
            zeroPoints: withZeros ? zeros.baseAddress! : nil)
        }
      }
      #expect(q == want, "\(type)")
      let back = Memory(count: x.count)
      q.withUnsafeBytes { q in
        zeros.withUnsafeBytes { zeros in
          guard let base = q.baseAddress else { return }
          dequantizeLinear(
            platform, base, type: type, into: back.base, c.layout, scales: scales,
            zeroPoints: withZeros ? zeros.baseAddress! : nil)
        }
      }
      let wantBack = want.enumerated().map { i, q in
        (Float(q) - (withZeros ? Float(zeros[c.scale(i)]) : 0)) * scales[c.scale(i)]
      }
      #expect(back.array == wantBack)
      #expect(back.isIntact)
    }
  }

  @Test func halvesGoToEvenAndTheRestSaturates() {
    let x: [Float] = [0.5, 1.5, 2.5, -0.5, -1.5, 1e30, -1e30, .nan, .infinity, 254.5, 255.5]
    var q = [Int8](repeating: 0, count: x.count)
    q.withUnsafeMutableBytes {
      quantizeLinear(
        .serial, x, into: $0.baseAddress!, type: .int8, .tensor(x.count), scales: [1], zeroPoints: nil)
    }
    #expect(q == [0, 2, 2, 0, -2, 127, -128, 0, 127, 127, 127])
  }

  @Test func int32IsDequantized() {
    let q: [Int32] = [1, -5, 100_000]
    let out = Memory(count: 3)
    dequantizeLinear(.serial, q, type: .int32, into: out.base, .tensor(3), scales: [0.5], zeroPoints: nil)
    #expect(out.array == [0.5, -2.5, 50_000])
  }

  @Test func aRangeHoldsZero() {
    for (x, scale, zero) in [
      ([Float](), Float(1), UInt8(0)), ([0, 0, 0], 1, 0), ([2, 51], 0.2, 0), ([-25.5, -5, -1, 0, 25.5], 0.2, 128),
      ([-51, -1], 0.2, 255),
    ] {
      let (s, z) = dynamicRange(x, x.count)
      #expect(abs(s - scale) < 1e-6 && z == zero, "\(x): \(s) \(z)")
    }
  }

  @Test func nibbles() {
    let packed: [UInt8] = [0x8f, 0x71]
    var out = [UInt8](repeating: 9, count: 3)
    unpackNibbles(packed, into: &out, count: 3, signed: false)
    #expect(out == [15, 8, 1])
    var back = [UInt8](repeating: 9, count: 2)
    packNibbles(out, into: &back, count: 3)
    #expect(back == [0x8f, 0x01])
    unpackNibbles(packed, into: &out, count: 3, signed: true)
    #expect(out.map { Int8(bitPattern: $0) } == [-1, -8, 1])
  }
}
