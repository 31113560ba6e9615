import Tensors
import TestSupport
import Testing

@Suite struct QuantizeTests {
  @Test func quantizeLinear() {
    check([
      Case(
        "half to even, saturated, default type", "QuantizeLinear",
        [.float32([6], [0, 1, 3, -5, 600, .infinity]), .float32([], [2])], gives: [.uint8([6], [0, 0, 2, 0, 255, 255])]),
      Case(
        "axis", "QuantizeLinear",
        [.float32([2, 2], [1, 2, 3, 4]), .float32([2], [1, 2]), .int8([2], [-1, 1])], [("axis", .int(0))],
        gives: [.int8([2, 2], [0, 1, 3, 3])]),
      Case(
        "blocks, the last one short", "QuantizeLinear",
        [.float32([1, 3], [2, 4, 9]), .float32([1, 2], [2, 3]), .uint8([1, 2], [0, 10])],
        [("axis", .int(1)), ("block_size", .int(2))], gives: [.uint8([1, 3], [1, 2, 13])]),
      Case(
        "four bits", "QuantizeLinear",
        [.float32([3], [100, -100, 3]), .float32([], [1]), .of(.int4, [], [UInt8]([1]), packed: 1)],
        gives: [.of(.int4, [3], [UInt8]([0x87, 0x04]), packed: 3)]),
      Case(
        "int16 by output_dtype", "QuantizeLinear", [.float32([2], [40000, -3]), .float32([], [1])],
        [("output_dtype", .int(5))], gives: [.of(.int16, [2], [Int16]([32767, -3]))]),
      Case(
        "float8", "QuantizeLinear", [.float32([3], [1, 2000, -3]), .float32([], [2])], [("output_dtype", .int(17))],
        gives: [.of(.float8e4m3fn, [3], [UInt8]([0x30, 0x7e, 0xbc]))]),
      Case(
        "float6", "QuantizeLinear", [.float32([4], [1, 2000, -3, 0.3]), .float32([], [2])],
        [("output_dtype", .int(27))],
        gives: [.of(.float6e2m3, [4], [UInt8]([0xc4, 0xc7, 0x06]), packed: 4)]),
      Case(
        "half precision", "QuantizeLinear", [.float16([2], [1, 5]), .float16([], [0.5]), .uint8([], [3])],
        gives: [.uint8([2], [5, 13])]),
    ])
    checkError(
      Case(
        "scales", "QuantizeLinear", [.ramp([2, 3]), .ramp([2])], [("axis", .int(1))],
        gives: [.uint8([2, 3], [0, 0, 0, 0, 0, 0])]),
      contains: "[3]", "[2]")
    checkError(
      Case(
        "zero point", "QuantizeLinear",
        [.ramp([1]), .float32([], [1]), .of(.float6e2m3, [], [UInt8]([0x01]), packed: 1)],
        gives: [.of(.float6e2m3, [1], [UInt8]([0]), packed: 1)]),
      contains: "the zero point of float6e2m3 must be 0")
  }

  /// Runs of every length up to two vectors and a rest, with what is no number among them.
  @Test func quantizeRuns() {
    let values: [Float] = (0..<37).map { i in
      switch i % 9 {
      case 3: .nan
      case 4: i % 2 == 0 ? .infinity : -.infinity
      case 5: Float(i - 20) * 1e6
      default: Float(i - 18) * 3.25
      }
    }
    let zero = 7
    func quantized(_ x: Float, _ low: Int, _ high: Int) -> Int {
      if x.isNaN { return zero }
      return min(max(Int(min(max((x / 0.5).rounded(.toNearestOrEven), -1e9), 1e9)) + zero, low), high)
    }
    for count in 1...37 {
      let x = Tensor.float32([count], Array(values[..<count]))
      check([
        Case(
          "\(count) unsigned", "QuantizeLinear", [x, .float32([], [0.5]), .uint8([], [7])],
          gives: [.uint8([count], values[..<count].map { UInt8(quantized($0, 0, 255)) })]),
        Case(
          "\(count) signed", "QuantizeLinear", [x, .float32([], [0.5]), .int8([], [7])],
          gives: [.int8([count], values[..<count].map { Int8(quantized($0, -128, 127)) })]),
        Case(
          "\(count) of sixteen bits", "QuantizeLinear",
          [x, .float32([], [0.5]), .of(.uint16, [], [UInt16]([7]))],
          gives: [.of(.uint16, [count], values[..<count].map { UInt16(quantized($0, 0, 65535)) })]),
      ])
    }
  }

  @Test func dequantizeLinear() {
    check([
      Case(
        "tensor", "DequantizeLinear", [.uint8([3], [0, 128, 255]), .float32([], [0.5]), .uint8([], [128])],
        gives: [.float32([3], [-64, 0, 63.5])]),
      Case(
        "axis without zero points", "DequantizeLinear", [.int8([2, 2], [1, -2, 3, 4]), .float32([2], [1, 10])],
        gives: [.float32([2, 2], [1, -20, 3, 40])]),
      Case(
        "blocks down", "DequantizeLinear",
        [.int8([3, 2], [1, 2, 3, 4, 5, 6]), .float32([2, 2], [1, 2, 3, 4])],
        [("axis", .int(0)), ("block_size", .int(2))],
        gives: [.float32([3, 2], [1, 4, 3, 8, 15, 24])]),
      Case(
        "int32 of a bias", "DequantizeLinear", [.int32([2], [-1000, 7]), .float32([], [0.25])],
        gives: [.float32([2], [-250, 1.75])]),
      Case(
        "four bits", "DequantizeLinear", [.of(.uint4, [3], [UInt8]([0xf1, 0x02]), packed: 3), .float32([], [2])],
        gives: [.float32([3], [2, 30, 4])]),
      Case(
        "six bits, and a zero point of -0", "DequantizeLinear",
        [
          .of(.float6e3m2, [4], [UInt8]([0x5f, 0xc8, 0x00]), packed: 4), .float32([], [0.5]),
          .of(.float6e3m2, [], [UInt8]([0x20]), packed: 1),
        ],
        gives: [.float32([4], [14, -0.03125, 0.5, 0])]),
      Case(
        "to half precision", "DequantizeLinear", [.int8([2], [3, -5]), .float16([], [0.5])],
        gives: [.float16([2], [1.5, -2.5])]),
    ])
  }

  @Test func dynamicQuantizeLinear() {
    check([
      Case(
        "range with 0 in it", "DynamicQuantizeLinear", [.float32([3], [0, 2, -3])],
        gives: [.uint8([3], [153, 255, 0]), .float32([], [5.0 / 255]), .uint8([], [153])]),
      Case(
        "all zero", "DynamicQuantizeLinear", [.float32([2], [0, 0])],
        gives: [.uint8([2], [0, 0]), .float32([], [1]), .uint8([], [0])]),
    ])
  }
}

extension Tensor {
  /// A tensor of a type that packs several elements in a byte.
  static func of(_ type: ElementType, _ dims: [Int], _ bytes: [UInt8], packed count: Int) -> Tensor {
    precondition(dims.productSaturating == count)
    let tensor = Tensor(type, Shape(dims), Tensor.uint8([bytes.count], bytes).storage)
    return tensor
  }
}
