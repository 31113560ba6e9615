import Tensors
import TestSupport
import Testing

@Suite struct BinaryElementwiseTests {
  @Test func broadcasting() {
    let a = Tensor.ramp([2, 3])
    check([
      Case("one shape", "Add", [a, a], gives: [.ramp([2, 3], by: 2)]),
      Case("scalar", "Add", [a, .float32([], [10])], gives: [.ramp([2, 3], from: 10)]),
      Case("rows", "Mul", [a, .float32([3], [1, 0, 2])], gives: [.float32([2, 3], [0, 0, 4, 3, 0, 10])]),
      Case("columns", "Sub", [a, .float32([2, 1], [0, 3])], gives: [.float32([2, 3], [0, 1, 2, 0, 1, 2])]),
      Case(
        "both ways", "Add", [.float32([2, 1], [0, 10]), .float32([1, 3], [1, 2, 3])],
        gives: [.float32([2, 3], [1, 2, 3, 11, 12, 13])]),
      Case("empty", "Add", [.float32([0, 3], []), .float32([3], [1, 2, 3])], gives: [.float32([0, 3], [])]),
      Case(
        "middle dim", "Add", [.ramp([2, 1, 2]), .ramp([3, 1])],
        gives: [.float32([2, 3, 2], [0, 1, 1, 2, 2, 3, 2, 3, 3, 4, 4, 5])]),
      Case(
        "before opset 7", "Add", opset: 6, [.ramp([1, 2, 2]), .float32([2], [10, 20])],
        [("broadcast", .int(1)), ("axis", .int(1))], gives: [.float32([1, 2, 2], [10, 11, 22, 23])]),
    ])
    checkError(
      Case("no broadcast", "Add", [.ramp([2]), .ramp([3])], gives: [.ramp([3])]), contains: "shapes [2] and [3]")
    checkError(
      Case("types differ", "Add", [.ramp([2]), .int64([2], [1, 2])], gives: [.ramp([2])]), contains: "float32", "int64")
  }

  @Test func integers() {
    check([
      Case("wraps", "Add", [.int8([2], [127, -128]), .int8([2], [1, -1])], gives: [.int8([2], [-128, 127])]),
      Case("wraps in 32 bits", "Mul", [.int32([1], [65_536]), .int32([1], [65_537])], gives: [.int32([1], [65_536])]),
      Case(
        "no trap", "Div", [.int32([4], [7, -7, .min, 5]), .int32([4], [2, 2, -1, 0])],
        gives: [.int32([4], [3, -3, .min, 0])]),
      Case(
        "no trap in 64 bits", "Div", [.int64([3], [-7, .min, 5]), .int64([3], [2, -1, 0])],
        gives: [.int64([3], [-3, .min, 0])]),
      Case(
        "unsigned 64 bits", "Div", [.uint64([1], [.max]), .uint64([1], [2])],
        gives: [.uint64([1], [0x7fff_ffff_ffff_ffff])]),
      Case(
        "sign of the divisor", "Mod", [.int64([4], [-4, 7, 5, 3]), .int64([4], [3, -3, 8, 0])],
        gives: [.int64([4], [2, -2, 5, 0])]),
      Case(
        "sign of the dividend", "Mod", [.int64([3], [-4, 7, 5]), .int64([3], [3, -3, 8])], [("fmod", .int(1))],
        gives: [.int64([3], [-1, 1, 5])]),
      Case(
        "power", "Pow", [.int32([3], [2, -3, 5]), .int32([3], [10, 3, 0])], gives: [.int32([3], [1024, -27, 1])]),
      Case("extremes", "Max", [.uint8([2], [1, 200]), .uint8([1], [100])], gives: [.uint8([2], [100, 200])]),
    ])
  }

  @Test func floats() {
    check([
      Case(
        "half", "Add", [.float16([3], [1, 2, 65504]), .float16([3], [0.5, 2, 65504])],
        gives: [.float16([3], [1.5, 4, .infinity])]),
      Case("bfloat16", "Mul", [.bfloat16([2], [3, -2]), .bfloat16([1], [2])], gives: [.bfloat16([2], [6, -4])]),
      Case("double", "Div", [.float64([2], [1, 2]), .float64([], [4])], gives: [.float64([2], [0.25, 0.5])]),
      Case(
        "float mod", "Mod", opset: 28, [.float32([2], [-4.5, 4.5]), .float32([2], [2, -2])],
        gives: [.float32([2], [1.5, -1.5])]),
      Case(
        "fmod", "Mod", [.float32([2], [-4.5, 4.5]), .float32([2], [2, -2])], [("fmod", .int(1))],
        gives: [.float32([2], [-0.5, 0.5])]),
      Case(
        "squares", "Pow", [.float32([5], [1, 2, 3, -4, 5]), .float32([], [2])],
        gives: [.float32([5], [1, 4, 9, 16, 25])]),
      Case(
        "roots", "Pow", [.float32([6], [4, 2, 0, -0.0, .infinity, -.infinity]), .float32([], [0.5])],
        gives: [.float32([6], [2, 1.4142135, 0, 0, .infinity, .infinity])]),
      Case("root of less", "Pow", [.float32([1], [-4]), .float32([], [0.5])], gives: [.float32([1], [.nan])]),
      Case(
        "quotients", "Pow", [.float32([5], [4, -2, 0, -.infinity, 0.1]), .float32([], [-1])],
        gives: [.float32([5], [0.25, -0.5, .infinity, 0, 10])]),
      Case(
        "first powers", "Pow", [.float32([5], [4, -2, 0, -.infinity, 0.1]), .float32([], [1])],
        gives: [.float32([5], [4, -2, 0, -.infinity, 0.1])]),
      Case(
        "many powers", "Pow", [.float32([5], [4, 4, 4, 4, 4]), .float32([5], [0.5, 1, 2, -1, 1.5])],
        gives: [.float32([5], [2, 4, 16, 0.25, 8])]),
      Case(
        "mixed power", "Pow", [.float32([2], [4, 9]), .int64([2], [2, -1])], gives: [.float32([2], [16, 0.11111111])]),
      Case("integer to a fraction", "Pow", [.int32([2], [4, 9]), .float32([], [0.5])], gives: [.int32([2], [2, 3])]),
      Case(
        "NaN wins", "Min", [.float32([3], [.nan, 1, 2]), .float32([3], [0, .nan, 1])],
        gives: [.float32([3], [.nan, .nan, 1])]),
      Case(
        "slope by channel", "PRelu", [.float32([2, 2], [-1, 2, -3, 4]), .float32([2, 1], [0.5, 2])],
        gives: [.float32([2, 2], [-0.5, 2, -6, 4])]),
      Case(
        "old slope", "PRelu", opset: 6, [.float32([1, 2, 2], [-1, 2, -3, 4]), .float32([2], [0.5, 2])],
        gives: [.float32([1, 2, 2], [-0.5, 2, -6, 4])]),
    ])
  }

  @Test func comparisons() {
    let (a, b) = (Tensor.float32([4], [1, 2, 3, .nan]), Tensor.float32([4], [2, 2, 2, .nan]))
    check([
      Case("less", "Less", [a, b], gives: [.bool([4], [true, false, false, false])]),
      Case("less or equal", "LessOrEqual", [a, b], gives: [.bool([4], [true, true, false, false])]),
      Case("greater", "Greater", [a, b], gives: [.bool([4], [false, false, true, false])]),
      Case("greater or equal", "GreaterOrEqual", [a, b], gives: [.bool([4], [false, true, true, false])]),
      Case("equal", "Equal", [a, b], gives: [.bool([4], [false, true, false, false])]),
      Case(
        "strings", "Equal", [.strings([2], ["a", "b"]), .strings([1], ["b"])], gives: [.bool([2], [false, true])]),
      Case("bools", "Equal", [.bool([2], [true, false]), .bool([], [false])], gives: [.bool([2], [false, true])]),
      Case(
        "unsigned", "Less", [.uint64([1], [1]), .uint64([1], [.max])], gives: [.bool([1], [true])]),
      Case(
        "bytes in place", "Greater", [.uint8([3], [1, 255, 3]), .uint8([3], [2, 2, 3])],
        gives: [.bool([3], [false, true, false])]),
    ])
  }

  @Test func logicAndBits() {
    let (a, b) = (Tensor.bool([2, 2], [true, true, false, false]), Tensor.bool([2], [true, false]))
    let flags = (0..<4002).map { $0 * 7919 % 11 < 5 }
    let row = (0..<2001).map { $0 * 7919 % 7 < 3 }
    let (many, other) = (Tensor.bool([2, 2001], flags), Tensor.bool([2001], row))
    func both(_ f: (Bool, Bool) -> Bool) -> [Bool] { flags.enumerated().map { f($0.element, row[$0.offset % 2001]) } }
    check([
      Case("and", "And", [a, b], gives: [.bool([2, 2], [true, false, false, false])]),
      Case("or", "Or", [a, b], gives: [.bool([2, 2], [true, true, true, false])]),
      Case("xor", "Xor", [a, b], gives: [.bool([2, 2], [false, true, true, false])]),
      Case("long and", "And", [many, other], gives: [.bool([2, 2001], both { $0 && $1 })]),
      Case("long or", "Or", [many, other], gives: [.bool([2, 2001], both { $0 || $1 })]),
      Case("long xor", "Xor", [many, other], gives: [.bool([2, 2001], both { $0 != $1 })]),
      Case("and with one", "And", [many, .bool([], [true])], gives: [many]),
      Case(
        "or with a column", "Or", [.bool([2, 1], [true, false]), many],
        gives: [.bool([2, 2001], flags.enumerated().map { $0.offset < 2001 || $0.element })]),
      Case("bitwise and", "BitwiseAnd", [.int8([2], [-1, 6]), .int8([], [3])], gives: [.int8([2], [3, 2])]),
      Case("bitwise or", "BitwiseOr", [.int32([2], [-2, 4]), .int32([], [1])], gives: [.int32([2], [-1, 5])]),
      Case("bitwise xor", "BitwiseXor", [.uint8([2], [255, 1]), .uint8([], [1])], gives: [.uint8([2], [254, 0])]),
      Case(
        "left", "BitShift", [.uint8([3], [16, 4, 1]), .uint8([3], [1, 2, 9])], [("direction", .string("LEFT"))],
        gives: [.uint8([3], [32, 16, 0])]),
      Case(
        "right", "BitShift", [.uint64([2], [.max, 8]), .uint64([2], [63, 64])], [("direction", .string("RIGHT"))],
        gives: [.uint64([2], [1, 0])]),
    ])
    checkError(
      Case(
        "direction", "BitShift", [.uint8([1], [1]), .uint8([1], [1])], [("direction", .string("UP"))],
        gives: [.uint8([1], [1])]),
      contains: "LEFT or RIGHT", "'UP'")
  }

  @Test func variadic() {
    let (a, b, c) = (Tensor.float32([3], [1, 5, 3]), Tensor.float32([2, 1], [2, 4]), Tensor.float32([], [3]))
    check([
      Case("sum", "Sum", [a, b, c], gives: [.float32([2, 3], [6, 10, 8, 8, 12, 10])]),
      Case("mean", "Mean", [a, b, c], gives: [.float32([2, 3], [2, 3.3333333, 2.6666667, 2.6666667, 4, 3.3333333])]),
      Case("max", "Max", [a, b, c], gives: [.float32([2, 3], [3, 5, 3, 4, 5, 4])]),
      Case("min", "Min", [a, b, c], gives: [.float32([2, 3], [1, 2, 2, 1, 3, 3])]),
      Case("one", "Max", [a], gives: [a]),
      Case("one mean", "Mean", [a], gives: [a]),
    ])
  }
}
