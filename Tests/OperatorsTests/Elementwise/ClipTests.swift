import Tensors
import TestSupport
import Testing

@Suite struct ClipTests {
  @Test func cases() {
    let x = Tensor.float32([5], [-2, -1, 0, 1, .nan])
    check([
      Case(
        "both", "Clip", [x, .float32([], [-1]), .float32([], [0.5])], gives: [.float32([5], [-1, -1, 0, 0.5, .nan])]),
      Case("only max", "Clip", [x, nil, .float32([], [0])], gives: [.float32([5], [-2, -1, 0, 0, .nan])]),
      Case("only min", "Clip", [x, .float32([], [0])], gives: [.float32([5], [0, 0, 0, 1, .nan])]),
      Case("neither", "Clip", [x], gives: [x]),
      Case("crossed", "Clip", [x, .float32([], [2]), .float32([], [1])], gives: [.float32([5], [1, 1, 1, 1, .nan])]),
      Case(
        "attributes", "Clip", opset: 6, [x], [("min", .float(-1)), ("max", .float(0))],
        gives: [.float32([5], [-1, -1, 0, 0, .nan])]),
      Case(
        "integers", "Clip", [.int8([3], [-5, 0, 5]), .int8([], [-1]), .int8([], [1])], gives: [.int8([3], [-1, 0, 1])]),
      Case(
        "integers, max alone", "Clip", [.int64([3], [-5, 0, 5]), nil, .int64([], [1])],
        gives: [.int64([3], [-5, 0, 1])]),
      Case(
        "half", "Clip", [.float16([2], [-5, 5]), .float16([], [-1]), .float16([1], [1])],
        gives: [.float16([2], [-1, 1])]),
      Case("double", "Clip", [.float64([2], [-5, 5]), .float64([], [-1])], gives: [.float64([2], [-1, 5])]),
    ])
    checkError(
      Case("bounds", "Clip", [x, .float32([2], [0, 1])], gives: [x]), contains: "one number", "[2]")
  }
}
