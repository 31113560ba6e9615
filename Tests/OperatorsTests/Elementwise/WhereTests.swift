import Tensors
import TestSupport
import Testing

@Suite struct WhereTests {
  @Test func cases() {
    let condition = Tensor.bool([2, 2], [true, false, true, true])
    check([
      Case(
        "floats", "Where", [condition, .ramp([2, 2]), .ramp([2, 2], from: 10)],
        gives: [.float32([2, 2], [0, 11, 2, 3])]),
      Case(
        "scalar", "Where", [condition, .ramp([2, 2]), .float32([], [-1])], gives: [.float32([2, 2], [0, -1, 2, 3])]),
      Case(
        "row condition", "Where", [.bool([2], [true, false]), .int64([], [1]), .int64([2, 1], [2, 3])],
        gives: [.int64([2, 2], [1, 2, 1, 3])]),
      Case(
        "bytes", "Where", [condition, .uint8([2, 2], [1, 2, 3, 4]), .uint8([], [9])],
        gives: [.uint8([2, 2], [1, 9, 3, 4])]),
      Case(
        "halves", "Where", [condition, .float16([], [1]), .float16([], [2])], gives: [.float16([2, 2], [1, 2, 1, 1])]),
      Case(
        "strings", "Where", [condition, .strings([], ["a"]), .strings([2], ["b", "c"])],
        gives: [.strings([2, 2], ["a", "c", "a", "a"])]),
    ])
    let choices = (0..<77).map { $0 * $0 % 7 < 3 }
    let (x, y) = (Tensor.ramp([77]), Tensor.ramp([77], from: -1, by: -1))
    check([
      Case(
        "long", "Where", [.bool([77], choices), x, y],
        gives: [.float32([77], (0..<77).map { choices[$0] ? Float($0) : -1 - Float($0) })]),
      Case(
        "one for true", "Where", [.bool([77], choices), .float32([], [9]), y],
        gives: [.float32([77], (0..<77).map { choices[$0] ? 9 : -1 - Float($0) })]),
      Case(
        "one for false", "Where", [.bool([77], choices), x, .float32([], [9])],
        gives: [.float32([77], (0..<77).map { choices[$0] ? Float($0) : 9 })]),
      Case(
        "of two numbers", "Where", [.bool([77], choices), .float32([], [9]), .float32([1], [8])],
        gives: [.float32([77], choices.map { $0 ? 9 : 8 })]),
      Case(
        "one choice a row", "Where", [.bool([2, 1], [true, false]), .ramp([3]), .float32([], [9])],
        gives: [.float32([2, 3], [0, 1, 2, 9, 9, 9])]),
    ])
    checkError(
      Case("types", "Where", [condition, .ramp([2, 2]), .int64([], [1])], gives: [.ramp([2, 2])]), contains: "float32",
      "int64")
  }
}
