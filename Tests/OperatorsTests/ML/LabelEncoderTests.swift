import Tensors
import TestSupport
import Testing

@Suite struct LabelEncoderTests {
  @Test func labels() {
    check([
      Case(
        "le2 strings int64s", "LabelEncoder", domain: "ai.onnx.ml", opset: 2,
        [.strings([3], ["y", "x", "q"])],
        [("keys_strings", .strings(["x", "y", "z"])), ("values_int64s", .ints([3, 1, 2]))],
        gives: [.text(.int64, [3], "1 3 -1")]),
      Case(
        "le2 int64s strings", "LabelEncoder", domain: "ai.onnx.ml", opset: 2,
        [.text(.int64, [3], "1 3 9")],
        [("keys_int64s", .ints([3, 1, 2])), ("values_strings", .strings(["x", "y", "z"]))],
        gives: [.strings([3], ["y", "x", "_Unused"])]),
      Case(
        "le2 floats strings", "LabelEncoder", domain: "ai.onnx.ml", opset: 2,
        [.text(.float32, [4], "1.5 0.5 7 nan")],
        [("keys_floats", .floats([0.5, 1.5, .nan])), ("values_strings", .strings(["x", "y", "z"]))],
        gives: [.strings([4], ["y", "x", "_Unused", "_Unused"])]),
      Case(
        "le2 floats int64s", "LabelEncoder", domain: "ai.onnx.ml", opset: 2,
        [.text(.float32, [4], "1.5 0.5 7 nan")],
        [("keys_floats", .floats([0.5, 1.5, .nan])), ("values_int64s", .ints([3, 1, 2]))],
        gives: [.text(.int64, [4], "1 3 -1 -1")]),
      Case(
        "cm", "CategoryMapper", domain: "ai.onnx.ml", opset: 1,
        [.strings([3], ["x", "y", "q"])],
        [("cats_strings", .strings(["x", "y"])), ("cats_int64s", .ints([5, 6])), ("default_int64", .int(-9))],
        gives: [.text(.int64, [3], "5 6 -9")]),
      Case(
        "cm i", "CategoryMapper", domain: "ai.onnx.ml", opset: 1,
        [.text(.int64, [2, 2], "6 5 1 6")],
        [("cats_strings", .strings(["x", "y"])), ("cats_int64s", .ints([5, 6])), ("default_string", .string("?"))],
        gives: [.strings([2, 2], ["y", "x", "?", "y"])]),
    ])
  }

  @Test func firstVersion() {
    check([
      Case(
        "positions of strings", "LabelEncoder", domain: "ai.onnx.ml", opset: 1, [.strings([3], ["y", "x", "?"])],
        [("classes_strings", .strings(["x", "y"])), ("default_int64", .int(-3))], gives: [.int64([3], [1, 0, -3])])
    ])
    checkError(
      Case(
        "lists of two lengths", "LabelEncoder", domain: "ai.onnx.ml", opset: 2, [.int64([1], [1])],
        [("keys_int64s", .ints([1, 2])), ("values_int64s", .ints([1]))], gives: [.int64([1], [1])]),
      contains: "2 keys must have as many values, got 1")
  }
}
