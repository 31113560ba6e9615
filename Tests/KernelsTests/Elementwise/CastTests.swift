import Foundation
import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct CastTests {
  private func cast(_ x: Tensor, to type: ElementType, rounding: SmallFloatRounding = .saturating) -> Tensor {
    let out = try! Allocator().tensor(type, x.shape)
    Kernels.cast(x, into: out, rounding: rounding, on: .serial)
    return out
  }

  private func bytes(_ x: Tensor) -> [UInt8] {
    withExtendedLifetime(x.storage) { Array(UnsafeRawBufferPointer(start: x.bytes, count: x.byteCount)) }
  }

  @Test func everyPairKeepsSmallNumbers() {
    let types: [ElementType] = [
      .float32, .float64, .float16, .bfloat16, .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .uint64,
      .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .int4, .uint4, .float4e2m1,
      .float6e2m3, .float6e3m2,
    ]
    // Longer than a tile; all formats hold 0, 1, 2, 3 and 4.
    let values = Tensor.float32([300], (0..<300).map { Float($0 % 5) })
    for from in types {
      for to in types {
        let back = cast(cast(cast(values, to: from), to: to), to: .float32)
        #expect(back.doubles == values.doubles, "\(from) to \(to)")
      }
    }
  }

  @Test func smallFormatsRoundTrip() {
    for type in [ElementType.float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0] {
      let all = Tensor.bits(type, [256], (0...255).map { UInt8($0) })
      let wide = cast(all, to: .float32)
      // Every number of the format is its own nearest; NaN has one pattern.
      let back = cast(cast(wide, to: type, rounding: .overflowing), to: .float32)
      for i in 0..<256 {
        let (a, b) = (wide.doubles[i], back.doubles[i])
        #expect(a == b || a.isNaN && b.isNaN, "\(type) \(i): \(a) became \(b)")
      }
      // Halfway between neighbours goes to the even one.
      guard type != .float8e8m0 else { continue }
      for i in 1..<100 where wide.doubles[i + 1].isFinite {
        let middle = Tensor.float64([1], [(wide.doubles[i] + wide.doubles[i + 1]) / 2])
        let even = i & 1 == 0 ? i : i + 1
        #expect(cast(cast(middle, to: type), to: .float64).doubles[0] == wide.doubles[even], "\(type) \(i)")
      }
    }
  }

  /// Four elements in three bytes, and what is too large is the largest, whatever is asked for.
  @Test func sixBits() {
    // Code 1 is the least number, 0x1f the largest, and bit 5 the sign.
    for (type, least, largest) in [(ElementType.float6e2m3, 0.125, 7.5), (.float6e3m2, 0.0625, 28)] {
      let all = try! Allocator().tensor(type, [64])
      for i in 0..<16 {
        let codes = (0..<4).map { UInt32(4 * i + $0) << UInt32(6 * $0) }.reduce(0, |)
        for k in 0..<3 {
          all.bytes.storeBytes(
            of: UInt8(truncatingIfNeeded: codes >> UInt32(8 * k)), toByteOffset: 3 * i + k, as: UInt8.self)
        }
      }
      let wide = cast(all, to: .float32)
      #expect(wide.doubles[0...2] == [0, least, 2 * least] && wide.doubles[31] == largest)
      #expect(wide.doubles[0..<32].sorted() == Array(wide.doubles[0..<32]))
      #expect(wide.doubles[32...].elementsEqual(wide.doubles[0..<32].map { -$0 }))
      #expect(wide.doubles[32].sign == .minus)
      for rounding in [SmallFloatRounding.saturating, .overflowing] {
        #expect(bytes(cast(wide, to: type, rounding: rounding)) == bytes(all))
        let beyond = Tensor.float32([4], [.infinity, -1000, Float(largest) + 0.1, -.infinity])
        let back = cast(cast(beyond, to: type, rounding: rounding), to: .float64)
        #expect(back.doubles == [largest, -largest, largest, -largest])
      }
      // Halfway between neighbours goes to the even one.
      for i in 0..<31 {
        let middle = Tensor.float64([1], [(wide.doubles[i] + wide.doubles[i + 1]) / 2])
        #expect(cast(cast(middle, to: type), to: .float64).doubles[0] == wide.doubles[i + i % 2], "\(type) \(i)")
      }
      #expect(isZero(cast(.float32([5], [0, -0.0, 0, -0.0, 0]), to: type)))
      #expect(!isZero(cast(.float32([5], [0, 0, 0, 0, 1]), to: type)))
    }
  }

  @Test func halvesFromDoublesAreRoundedOnce() {
    // Around every tie between two halves, a little below and above.
    let out = Tensor.float64([3], [1, 1, 1])
    for bits in stride(from: UInt16(0), to: 0x7bff, by: 97) {
      let (low, high) = (Double(Half.widen(bits)), Double(Half.widen(bits + 1)))
      let tie = (low + high) / 2
      let delta = (high - low) * 0x1p-40
      for (i, value) in [tie - delta, tie, tie + delta].enumerated() { out.elements(Double.self)[i] = value }
      let even = bits & 1 == 0 ? low : high
      #expect(cast(out, to: .float16).doubles == [low, even, high])
    }
  }

  @Test func textIsThatOfC() {
    var generator = SystemRandomNumberGenerator()
    var floats: [Float] = [
      1, 0.1, 1e10, 3.4028235e38, 1e-45, 1.17549435e-38, 123456.79, 99999996, 0.00012345678, 9.9999999e7,
    ]
    var doubles: [Double] = [0.1, 1e300, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 123456789.123456789]
    for _ in 0..<2000 {
      floats.append(Float(bitPattern: generator.next()))
      doubles.append(Double(bitPattern: generator.next()))
    }
    floats.removeAll { !$0.isFinite || $0 == 0 }
    doubles.removeAll { !$0.isFinite || $0 == 0 }
    check(
      .float32([floats.count], floats), floats.map { String(format: "%.8g", Double($0)) },
      floats.map { String(format: "%.9g", Double($0)) })
    check(
      .float64([doubles.count], doubles), doubles.map { String(format: "%.8g", $0) },
      doubles.map { String(format: "%.17g", $0) })
  }

  /// The text of `x` must be `written`, and `exact` must be read back as `x`.
  private func check(_ x: Tensor, _ written: [String], _ exact: [String]) {
    let text = Tensor.strings([x.count], written.map { _ in "" })
    castToText(x, into: text)
    for (got, want) in zip(text.storage.strings, written) { #expect(got.text == want) }
    let back = try! Allocator().tensor(x.type, x.shape)
    #expect(castFromText(Tensor.strings([x.count], exact), into: back) == nil)
    for (i, (got, want)) in zip(back.doubles, x.doubles).enumerated() { #expect(got == want, "\(exact[i])") }
  }

  @Test func whatIsNoNumber() {
    for text in ["", "-", "1e", "1.2.3", "0x10", "1 ", "."] {
      #expect(castFromText(.strings([1], [text]), into: .float64([1], [0])) == 0, "'\(text)'")
    }
    let far = Tensor.float64([3], [0, 0, 0])
    #expect(
      castFromText(.strings([3], ["1e400", "-1e-400", "1" + String(repeating: "0", count: 400)]), into: far) == nil)
    #expect(far.doubles == [.infinity, 0, .infinity])
  }
}
