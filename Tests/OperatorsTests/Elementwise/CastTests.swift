import Tensors
import TestSupport
import Testing

@Suite struct CastTests {
  private func cast(_ name: String, _ x: Tensor, _ y: Tensor, saturate: Int64 = 1) -> Case {
    Case(name, "Cast", [x], [("to", .int(Int64(y.type.rawValue))), ("saturate", .int(saturate))], gives: [y])
  }

  @Test func numbers() {
    check([
      cast("cut towards 0", .float32([4], [1.9, -1.9, 0.5, 3]), .int32([4], [1, -1, 0, 3])),
      cast(
        "vectors cut towards 0", .float32([9], [1.9, -1.9, 2147483520, -0.5, 3e9, -2147483648, .nan, 7, -7.5]),
        .int32([9], [1, -1, 2147483520, 0, -1_294_967_296, -2147483648, 0, 7, -7])),
      cast("wraps", .int32([3], [300, -1, 128]), .uint8([3], [44, 255, 128])),
      cast("sign", .int8([2], [-1, 5]), .int64([2], [-1, 5])),
      cast("beyond the range", .float32([3], [1e30, -1e30, .nan]), .int64([3], [.max, .min, 0])),
      cast("to bool", .float32([4], [0, -0.0, .nan, 0.1]), .bool([4], [false, false, true, true])),
      cast("from bool", .bool([2], [true, false]), .float32([2], [1, 0])),
      cast("double to half once", .float64([2], [0x1.002000001p0, 0x1.002p0]), .float16([2], [0x1.004p0, 1])),
      cast("subnormal half", .float32([3], [0x1p-24, 0x1p-25, 0x1.8p-25]), .float16([3], [0x1p-24, 0, 0x1p-24])),
      cast("half", .float16([2], [1.5, -2]), .float64([2], [1.5, -2])),
      cast("bfloat16", .float32([2], [1.00390625, 3]), .bfloat16([2], [1, 3])),
      cast("large", .uint64([1], [.max]), .float64([1], [0x1p64])),
      cast("to uint64", .float64([2], [0x1p63, 5]), .uint64([2], [0x8000_0000_0000_0000, 5])),
      cast("int32 to half", .int32([2], [2049, 100_000]), .float16([2], [2048, .infinity])),
    ])
  }

  @Test func text() {
    check([
      cast(
        "floats", .float32([9], [1, 0.1, 1e10, 123_456_789, .nan, .infinity, -.infinity, -0.0, 1.5e-5]),
        .strings([9], ["1", "0.1", "1e+10", "1.2345679e+08", "NaN", "INF", "-INF", "-0", "1.5e-05"])),
      cast("doubles", .float64([2], [0.1, 3]), .strings([2], ["0.1", "3"])),
      cast("integers", .int64([3], [.min, 0, 42]), .strings([3], ["-9223372036854775808", "0", "42"])),
      cast("bools", .bool([2], [true, false]), .strings([2], ["1", "0"])),
      cast(
        "to floats", .strings([6], ["1.5", "-2e3", "NaN", "inf", "-INF", ".25"]),
        .float32([6], [1.5, -2000, .nan, .infinity, -.infinity, 0.25])),
      cast("to integers", .strings([2], ["-7", "3000000000"]), .int64([2], [-7, 3_000_000_000])),
      cast("to half", .strings([1], ["0.333"]), .float16([1], [0.333])),
    ])
    checkError(cast("no number", .strings([1], ["one"]), .float32([1], [1])), contains: "'one'", "float32")
  }

  @Test func smallFloats() {
    check([
      cast(
        "e4m3fn", .float32([6], [1, 448, 1e6, .nan, 0x1p-9, -1]),
        .bits(.float8e4m3fn, [6], [0x38, 0x7e, 0x7e, 0x7f, 0x01, 0xb8])),
      cast("e4m3fn overflows", .float32([1], [1e6]), .bits(.float8e4m3fn, [1], [0x7f]), saturate: 0),
      cast("e5m2", .float32([3], [1, 57344, 1e6]), .bits(.float8e5m2, [3], [0x3c, 0x7b, 0x7b])),
      cast("e5m2 overflows", .float32([1], [1e6]), .bits(.float8e5m2, [1], [0x7c]), saturate: 0),
      cast("e4m3fnuz", .float32([3], [1, -0.0, .nan]), .bits(.float8e4m3fnuz, [3], [0x40, 0, 0x80])),
      cast("back", .bits(.float8e4m3fn, [3], [0x38, 0x01, 0x7f]), .float32([3], [1, 0x1p-9, .nan])),
    ])
  }

  @Test func like() {
    check([
      Case("CastLike", "CastLike", [.float32([2], [1.5, 2]), .int64([0], [])], gives: [.int64([2], [1, 2])]),
      Case(
        "BitCast", "BitCast", opset: 26, [.float32([1], [1])], [("to", .int(6))], gives: [.int32([1], [0x3f80_0000])]),
    ])
  }
}
