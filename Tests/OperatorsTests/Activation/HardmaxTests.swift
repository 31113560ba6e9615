import Tensors
import TestSupport
import Testing

@Suite struct HardmaxTests {
  @Test func cases() {
    let x = Tensor.float32([2, 3], [1, 3, 3, 2, 0, 1])
    check([
      Case("last axis", "Hardmax", [x], gives: [.float32([2, 3], [0, 1, 0, 1, 0, 0])]),
      Case("first axis", "Hardmax", [x], [("axis", .int(0))], gives: [.float32([2, 3], [0, 1, 1, 1, 0, 0])]),
      Case(
        "flattened", "Hardmax", opset: 11, [.float32([1, 2, 2], [1, 4, 2, 3])],
        gives: [.float32([1, 2, 2], [0, 1, 0, 0])]),
      Case("half", "Hardmax", [.float16([2], [1, 2])], gives: [.float16([2], [0, 1])]),
      Case("double", "Hardmax", [.float64([2], [1, 2])], gives: [.float64([2], [0, 1])]),
    ])
  }
}
