import Tensors
import TestSupport
import Testing

@Suite struct ReshapeTests {
  @Test func shapes() {
    let data = Tensor.ramp([2, 3, 4])
    check([
      Case("another rank", "Reshape", [data, .int64([2], [6, 4])], gives: [.ramp([6, 4])]),
      Case("-1 is what is left", "Reshape", [data, .int64([2], [-1, 8])], gives: [.ramp([3, 8])]),
      Case("0 copies", "Reshape", [data, .int64([3], [0, 4, 3])], gives: [.ramp([2, 4, 3])]),
      Case("to a scalar", "Reshape", [.ramp([1]), .int64([0], [])], gives: [.ramp([])]),
      Case(
        "0 means 0", "Reshape", [.ramp([0, 3]), .int64([2], [3, 0])], [("allowzero", .int(1))], gives: [.ramp([3, 0])]),
      Case(
        "strings", "Reshape", [.strings([2], ["a", "b"]), .int64([2], [2, 1])], gives: [.strings([2, 1], ["a", "b"])]),
      Case("opset 1", "Reshape", opset: 1, [data], [("shape", .ints([4, 6]))], gives: [.ramp([4, 6])]),
    ])
  }

  @Test func errors() {
    checkError(
      Case("too many", "Reshape", [.ramp([2, 3]), .int64([1], [7])], gives: [.ramp([7])]),
      contains: "node 'tested' (Reshape)", "6 elements of shape [2, 3]")
    checkError(
      Case("two open dims", "Reshape", [.ramp([2, 3]), .int64([2], [-1, -1])], gives: [.ramp([7])]), contains: "-1")
  }
}
