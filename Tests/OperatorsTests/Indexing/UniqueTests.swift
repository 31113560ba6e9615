import Tensors
import TestSupport
import Testing

@Suite struct UniqueTests {
  @Test func cases() {
    let x = Tensor.float32([6], [2, 1, 1, 3, 4, 3])
    let rows = Tensor.int64([3, 2], [1, 0, 1, 0, 0, 3])
    check([
      Case(
        "sorted", "Unique", [x],
        gives: [
          .float32([4], [1, 2, 3, 4]), .int64([4], [1, 0, 3, 4]), .int64([6], [1, 0, 0, 2, 3, 2]),
          .int64([4], [2, 1, 2, 1]),
        ]),
      Case(
        "as they come", "Unique", [x], [("sorted", .int(0))],
        gives: [
          .float32([4], [2, 1, 3, 4]), .int64([4], [0, 1, 3, 4]), .int64([6], [0, 1, 1, 2, 3, 2]),
          .int64([4], [1, 2, 2, 1]),
        ]),
      Case(
        "rows", "Unique", [rows], [("axis", .int(0))],
        gives: [.int64([2, 2], [0, 3, 1, 0]), .int64([2], [2, 0]), .int64([3], [1, 1, 0]), .int64([2], [1, 2])]),
      Case(
        "columns", "Unique", [.int8([2, 3], [1, 0, 1, 2, 2, 2])], [("axis", .int(-1))],
        gives: [.int8([2, 2], [0, 1, 2, 2])]),
      Case(
        "strings", "Unique", [.strings([3], ["b", "a", "b"])],
        gives: [.strings([2], ["a", "b"]), nil, .int64([3], [1, 0, 1])]),
      Case("nothing", "Unique", [.float32([0], [])], gives: [.float32([0], []), .int64([0], [])]),
    ])
  }

  @Test func tensorScatter() {
    let cache = Tensor.float32([2, 3, 1], [1, 2, 3, 4, 5, 6])
    let two = Tensor.float32([2, 2, 1], [7, 8, 9, 10])
    check([
      Case(
        "at the front", "TensorScatter", opset: 24, [cache, two], gives: [.float32([2, 3, 1], [7, 8, 3, 9, 10, 6])]),
      Case(
        "at positions", "TensorScatter", opset: 24, [cache, two, .int64([2], [1, 0])],
        gives: [.float32([2, 3, 1], [1, 7, 8, 9, 10, 6])]),
      Case(
        "around", "TensorScatter", opset: 24, [cache, two, .int64([2], [2, 4])], [("mode", .string("circular"))],
        gives: [.float32([2, 3, 1], [8, 2, 7, 4, 9, 10])]),
    ])
    checkError(
      Case("no room", "TensorScatter", opset: 24, [cache, two, .int64([2], [2, 0])], gives: [cache]), contains: "room",
      "got 2")
  }
}
