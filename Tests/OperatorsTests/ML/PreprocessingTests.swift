import Tensors
import TestSupport
import Testing

@Suite struct PreprocessingTests {
  @Test func scaling() {
    check([
      Case(
        "scaler", "Scaler", domain: "ai.onnx.ml", opset: 1,
        [.text(.float32, [2, 3], "0.661 1.23 -0.952 0.73 -1.4 -0.566")],
        [("offset", .floats([0.5])), ("scale", .floats([2.0]))],
        gives: [.text(.float32, [2, 3], "0.322 1.46 -2.904 0.46 -3.8 -2.132")]),
      Case(
        "norm", "Normalizer", domain: "ai.onnx.ml", opset: 1,
        [.text(.float32, [2, 3], "1.48 0.787 0.824 0.83 -0.812 0.894")],
        [("norm", .string("L2"))],
        gives: [.text(.float32, [2, 3], "0.7923683 0.4213472 0.4411564 0.5663874 -0.5541042 0.6100606")]),
      Case(
        "bin", "Binarizer", domain: "ai.onnx.ml", opset: 1,
        [.text(.float32, [2, 3], "-0.498 -0.279 -1.3 0.613 -0.588 -0.564")],
        [("threshold", .float(0.2))],
        gives: [.text(.float32, [2, 3], "0 0 0 1 0 0")]),
      Case(
        "imp f0", "Imputer", domain: "ai.onnx.ml", opset: 1,
        [.text(.float32, [2, 3], "1 0 3 0 2 0")],
        [("imputed_value_floats", .floats([7.0])), ("replaced_value_float", .float(0.0))],
        gives: [.text(.float32, [2, 3], "1 7 3 7 2 7")]),
      Case(
        "imp i", "Imputer", domain: "ai.onnx.ml", opset: 1,
        [.text(.int64, [2, 3], "1 0 3 0 2 0")],
        [("imputed_value_int64s", .ints([7, 8, 9])), ("replaced_value_int64", .int(2))],
        gives: [.text(.int64, [2, 3], "1 0 3 0 8 0")]),
    ])
  }

  @Test func features() {
    check([
      Case(
        "fv", "FeatureVectorizer", domain: "ai.onnx.ml", opset: 1,
        [
          .text(.float32, [2, 3], "-0.962 0.115 0.705 1.46 1.19 -0.128"),
          .text(.float32, [2, 2], "0.844 0.802 -0.433 -0.222"),
        ],
        [("inputdimensions", .ints([3, 2]))],
        gives: [.text(.float32, [2, 5], "-0.962 0.115 0.705 0.844 0.802 1.46 1.19 -0.128 -0.433 -0.222")]),
      Case(
        "afe float322", "ArrayFeatureExtractor", domain: "ai.onnx.ml", opset: 1,
        [.text(.float32, [2, 3], "0.797 -0.572 -0.99 -1.12 -1.33 -1.31"), .text(.int64, [4], "2 0 2 1")],
        gives: [.text(.float32, [2, 4], "-0.99 0.797 -0.99 -0.572 -1.31 -1.12 -1.31 -1.33")]),
      Case(
        "afe object2", "ArrayFeatureExtractor", domain: "ai.onnx.ml", opset: 1,
        [.strings([2, 3], ["a", "b", "c", "d", "e", "f"]), .text(.int64, [4], "2 0 2 1")],
        gives: [.strings([2, 4], ["c", "a", "c", "b", "f", "d", "f", "e"])]),
      Case(
        "ohe s0", "OneHotEncoder", domain: "ai.onnx.ml", opset: 1,
        [.strings([2], ["b", "a"])],
        [("cats_strings", .strings(["a", "b"])), ("zeros", .int(0))],
        gives: [.text(.float32, [2, 2], "0 1 1 0")]),
      Case(
        "ohe f0", "OneHotEncoder", domain: "ai.onnx.ml", opset: 1,
        [.text(.float32, [2, 2], "1 2 3 1")],
        [("cats_int64s", .ints([1, 2, 3])), ("zeros", .int(0))],
        gives: [.text(.float32, [2, 2, 3], "1 0 0 0 1 0 0 0 1 1 0 0")]),
      Case(
        "ohe s1", "OneHotEncoder", domain: "ai.onnx.ml", opset: 1,
        [.strings([3], ["b", "a", "c"])],
        [("cats_strings", .strings(["a", "b", "d"])), ("zeros", .int(1))],
        gives: [.text(.float32, [3, 3], "0 1 0 1 0 0 0 0 0")]),
    ])
  }

  @Test func errors() {
    checkError(
      Case(
        "a feature that is not there", "ArrayFeatureExtractor", domain: "ai.onnx.ml", opset: 1,
        [.ramp([1, 2]), .int64([1], [2])], gives: [.ramp([1])]), contains: "an index must be below 2, got 2")
    checkError(
      Case(
        "an unknown category", "OneHotEncoder", domain: "ai.onnx.ml", opset: 1, [.int64([1], [5])],
        [("cats_int64s", .ints([1])), ("zeros", .int(0))], gives: [.ramp([1])]), contains: "one of the categories")
  }
}
