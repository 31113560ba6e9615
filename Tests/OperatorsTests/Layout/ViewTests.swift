import Tensors
import TestSupport
import Testing

@Suite struct ViewTests {
  @Test func dims() {
    let x = Tensor.ramp([1, 3, 1])
    check([
      Case("squeeze one", "Squeeze", [x, .int64([1], [-1])], gives: [.ramp([1, 3])]),
      Case("squeeze all", "Squeeze", [x], gives: [.ramp([3])]),
      Case("squeeze by attribute", "Squeeze", opset: 11, [x], [("axes", .ints([0, 2]))], gives: [.ramp([3])]),
      Case("unsqueeze", "Unsqueeze", [.ramp([3]), .int64([2], [0, -1])], gives: [x]),
      Case("unsqueeze in any order", "Unsqueeze", [.ramp([3]), .int64([2], [2, 0])], gives: [x]),
      Case(
        "unsqueeze by attribute", "Unsqueeze", opset: 11, [.ramp([3])], [("axes", .ints([1]))], gives: [.ramp([3, 1])]),
      Case("flatten", "Flatten", [.ramp([2, 3, 4])], gives: [.ramp([2, 12])]),
      Case("flatten at 0", "Flatten", [.ramp([2, 3, 4])], [("axis", .int(0))], gives: [.ramp([1, 24])]),
      Case("flatten from the back", "Flatten", [.ramp([2, 3, 4])], [("axis", .int(-1))], gives: [.ramp([6, 4])]),
      Case("flatten at the end", "Flatten", [.ramp([2, 3])], [("axis", .int(2))], gives: [.ramp([6, 1])]),
      Case("identity", "Identity", [.strings([2], ["a", "b"])], gives: [.strings([2], ["a", "b"])]),
    ])
    checkError(Case("squeeze", "Squeeze", [x, .int64([1], [1])], gives: [x]), contains: "must be 1", "[1, 3, 1]")
    checkError(Case("unsqueeze", "Unsqueeze", [x, .int64([2], [0, 0])], gives: [x]), contains: "differ")
    checkError(Case("flatten", "Flatten", [x], [("axis", .int(4))], gives: [x]), contains: "-3...3", "4")
  }

  @Test func shapes() {
    let x = Tensor.ramp([2, 3, 4])
    check([
      Case("shape", "Shape", [x], gives: [.int64([3], [2, 3, 4])]),
      Case("from 1", "Shape", [x], [("start", .int(1))], gives: [.int64([2], [3, 4])]),
      Case("between", "Shape", [x], [("start", .int(-2)), ("end", .int(-1))], gives: [.int64([1], [3])]),
      Case("crossed", "Shape", [x], [("start", .int(2)), ("end", .int(1))], gives: [.int64([0], [])]),
      Case("of a scalar", "Shape", [.float32([], [1])], gives: [.int64([0], [])]),
      Case("size", "Size", [x], gives: [.int64([], [24])]),
    ])
  }
}
