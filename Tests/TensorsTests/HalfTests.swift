import Tensors
import Testing

@Suite struct HalfTests {
  /// Every pattern, against the compiler's own Float16; a NaN widened keeps its bits and narrows to the one NaN.
  @Test func everyHalf() {
    for bits in UInt16.min...UInt16.max {
      let wide = Half.widen(bits)
      let isNaN = bits & 0x7fff > 0x7c00
      if isNaN {
        #expect(wide.isNaN)
        #expect(Half.narrow(wide) == 0x7e00)
        continue
      }
      let back = Half.narrow(wide)
      if back != bits { Issue.record("\(bits) comes back as \(back)") }
      let expected = half(bits)
      if wide.bitPattern != expected.bitPattern { Issue.record("\(bits) is \(wide) instead of \(expected)") }
    }
  }

  @Test func everyBFloat16() {
    for bits in UInt16.min...UInt16.max {
      let wide = BFloat16.widen(bits)
      let back = BFloat16.narrow(wide)
      let expected = bits & 0x7fff > 0x7f80 ? 0x7fc0 : bits
      if back != expected { Issue.record("\(bits) comes back as \(back)") }
      if wide.bitPattern != UInt32(bits) << 16 { Issue.record("\(bits) is \(wide)") }
    }
  }

  /// Half way between two neighbours goes to the even one, a bit more or less to the nearer.
  @Test func everyTie() {
    for bits in UInt16(0)..<0x7bff {
      let (low, high) = (Half.widen(bits), Half.widen(bits + 1))
      let tie = low + (high - low) / 2
      let even = bits & 1 == 0 ? bits : bits + 1
      if Half.narrow(tie) != even || Half.narrow(-tie) != even | 0x8000 { Issue.record("half, a tie above \(bits)") }
      if Half.narrow(tie.nextDown) != bits || Half.narrow(tie.nextUp) != bits + 1 {
        Issue.record("half, beside a tie above \(bits)")
      }
    }
    for bits in UInt16(0)..<0x7f7f {
      let tie = Float(bitPattern: UInt32(bits) << 16 | 0x8000)
      let even = bits & 1 == 0 ? bits : bits + 1
      if BFloat16.narrow(tie) != even || BFloat16.narrow(-tie) != even | 0x8000 { Issue.record("bfloat16, \(bits)") }
      if BFloat16.narrow(tie.nextDown) != bits || BFloat16.narrow(tie.nextUp) != bits + 1 {
        Issue.record("bfloat16, beside \(bits)")
      }
    }
  }

  @Test func limits() {
    let cases: [(Float, half: UInt16, brain: UInt16)] = [
      (65504, 0x7bff, 0x4780), (65519.996, 0x7bff, 0x4780), (65520, 0x7c00, 0x4780), (1e30, 0x7c00, 0x714a),
      (.infinity, 0x7c00, 0x7f80), (-.infinity, 0xfc00, 0xff80), (.greatestFiniteMagnitude, 0x7c00, 0x7f80),
      (0x1p-24, 0x0001, 0x3380), (0x1p-25, 0x0000, 0x3300), (0x1.000002p-25, 0x0001, 0x3300), (-0.0, 0x8000, 0x8000),
      (0x1p-149, 0x0000, 0x0000), (.nan, 0x7e00, 0x7fc0), (-.nan, 0x7e00, 0x7fc0),
      (Float(nan: 1, signaling: true), 0x7e00, 0x7fc0),
    ]
    for (value, half, brain) in cases {
      #expect(Half.narrow(value) == half, "\(value)")
      #expect(BFloat16.narrow(value) == brain, "\(value)")
    }
  }

  /// The value of a half by its definition.
  private func half(_ bits: UInt16) -> Float {
    let exponent = Int(bits >> 10 & 31)
    let fraction = Float(bits & 1023)
    let magnitude =
      exponent == 31
      ? Float.infinity
      : exponent == 0
        ? fraction / 16_777_216 : (1 + fraction / 1024) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
    return bits & 0x8000 == 0 ? magnitude : -magnitude
  }
}
