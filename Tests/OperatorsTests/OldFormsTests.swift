import Apus
import Tensors
import TestSupport
import Testing

/// Operators in the forms of opset 1 to 6: attributes where there are inputs now, and `consumed_inputs`, which says
/// nothing.
@Suite struct OldFormsTests {
  private let x = Tensor.ramp([1, 1, 1, 2], from: 1)

  @Test func attributesForInputs() {
    check([
      Case(
        "Upsample", "Upsample", opset: 1, [x], [("height_scale", .float(2)), ("width_scale", .float(2))],
        gives: [.float32([1, 1, 2, 4], [1, 1, 2, 2, 1, 1, 2, 2])]),
      Case(
        "Reshape", "Reshape", opset: 1, [x], [("shape", .ints([2, -1])), ("consumed_inputs", .ints([0]))],
        gives: [.ramp([2, 1], from: 1)]),
      Case(
        "Pad", "Pad", opset: 1, [.ramp([2])], [("paddings", .ints([1, 0])), ("value", .float(7))],
        gives: [.float32([3], [7, 0, 1])]),
      Case("Cast", "Cast", opset: 1, [x], [("to", .string("INT64"))], gives: [.int64([1, 1, 1, 2], [1, 2])]),
      Case(
        "Cast to doubles", "Cast", opset: 1, [x], [("to", .string("DOUBLE"))], gives: [.float64([1, 1, 1, 2], [1, 2])]),
      Case(
        "Slice", "Slice", opset: 1, [.ramp([4])], [("starts", .ints([1])), ("ends", .ints([3]))],
        gives: [.float32([2], [1, 2])]),
      Case(
        "Split", "Split", opset: 2, [.ramp([3])], [("split", .ints([1, 2]))],
        gives: [.ramp([1]), .float32([2], [1, 2])]),
      Case("TopK", "TopK", opset: 1, [.ramp([3])], [("k", .int(1))], gives: [.float32([1], [2]), .int64([1], [2])]),
      Case("Squeeze", "Squeeze", opset: 1, [.ramp([1, 2])], [("axes", .ints([0]))], gives: [.ramp([2])]),
      Case("Unsqueeze", "Unsqueeze", opset: 1, [.ramp([2])], [("axes", .ints([0]))], gives: [.ramp([1, 2])]),
      Case("Concat", "Concat", opset: 1, [.ramp([1, 1]), .ramp([1, 1])], gives: [.float32([1, 2], [0, 0])]),
      Case(
        "Tile", "Tile", opset: 1, [.ramp([1, 2]), .int64([], [2]), .int64([], [1])],
        gives: [.float32([1, 4], [0, 1, 0, 1])]),
      Case(
        "Tile as written", "Tile", opset: 1, [.ramp([2]), .float32([1], [2]), .float32([1], [0])],
        gives: [.float32([4], [0, 1, 0, 1])]),
    ])
    checkError(
      Case("name of a type", "Cast", opset: 1, [x], [("to", .string("NUMBER"))], gives: [x]), contains: "'NUMBER'")
    checkError(Case("inputs", "Tile", opset: 6, [x, x, x], gives: [x]), contains: "takes 2 inputs, got 3")
  }

  @Test func broadcasting() {
    check([
      Case(
        "at an axis", "Add", opset: 6, [.ramp([2, 3]), .float32([2], [10, 20])],
        [("broadcast", .int(1)), ("axis", .int(0))], gives: [.float32([2, 3], [10, 11, 12, 23, 24, 25])]),
      Case(
        "a slope for each channel", "PRelu", opset: 6, [.float32([1, 2, 1], [-1, -1]), .float32([2], [2, 3])],
        gives: [.float32([1, 2, 1], [-2, -3])]),
      Case(
        "Gemm's C", "Gemm", opset: 6, [.ramp([1, 1], from: 2), .ramp([1, 2]), .float32([2], [5, 6])],
        [("broadcast", .int(1))], gives: [.float32([1, 2], [5, 8])]),
    ])
  }

  @Test func clip() {
    let bounds: [(String, AttributeProto.Value)] = [("min", .float(0.5)), ("max", .float(1.5))]
    check([
      Case("float32", "Clip", opset: 6, [.ramp([3])], bounds, gives: [.float32([3], [0.5, 1, 1.5])]),
      Case("float64", "Clip", opset: 6, [.float64([3], [0, 1, 2])], bounds, gives: [.float64([3], [0.5, 1, 1.5])]),
      Case("float16", "Clip", opset: 6, [.float16([3], [0, 1, 2])], bounds, gives: [.float16([3], [0.5, 1, 1.5])]),
    ])
  }

  @Test func testFlags() {
    check([
      Case(
        "Dropout", "Dropout", opset: 1, [.ramp([2])], [("is_test", .int(1)), ("ratio", .float(0.9))],
        gives: [.ramp([2]), .float32([2], [1, 1])]),
      Case(
        "LpPool", "LpPool", opset: 1, [.float32([1, 1, 2], [3, 4])], [("kernel_shape", .ints([2])), ("p", .float(2))],
        gives: [.float32([1, 1, 1], [5])]),
    ])
    checkError(
      Case("p", "GlobalLpPool", opset: 1, [x], [("p", .float(1.5))], gives: [x]), contains: "whole number above 0")
  }

  @Test func batchNormalization() {
    let inputs: [Tensor] = [
      .float32([2, 1, 2], [1, 3, 5, 7]), .float32([1], [2]), .float32([1], [1]), .float32([1], [3]), .float32([1], [4]),
    ]
    let epsilon: (String, AttributeProto.Value) = ("epsilon", .float(0))
    // Of the batch: mean 4, variance 5.
    let root = Float(5).squareRoot()
    let distances: [Float] = [-3, -1, 1, 3]
    let trained = distances.map { (x: Float) -> Float in x / root * 2 + 1 }
    for opset in [1, 6] {
      check([
        Case(
          "opset \(opset), no training", "BatchNormalization", opset: opset, inputs,
          [epsilon, ("is_test", .int(1)), ("consumed_inputs", .ints([0, 0, 0, 1, 1]))],
          gives: [.float32([2, 1, 2], [-1, 1, 3, 5])]),
        Case(
          "opset \(opset), training", "BatchNormalization", opset: opset, inputs, [epsilon, ("momentum", .float(0.5))],
          gives: [
            .float32([2, 1, 2], trained), .float32([1], [3.5]), .float32([1], [4.5]), .float32([1], [4]),
            .float32([1], [5]),
          ]),
      ])
    }
    check([
      Case(
        "opset 7, statistics of every element", "BatchNormalization", opset: 7,
        [
          .float32([1, 1, 2], [1, 3]), .float32([1, 2], [2, 1]), .float32([1, 2], [0, 1]), .float32([1, 2], [0, 1]),
          .float32([1, 2], [1, 4]),
        ], [epsilon, ("spatial", .int(0))], gives: [.float32([1, 1, 2], [2, 2])]),
      Case(
        "opset 9, training", "BatchNormalization", opset: 9, inputs, [epsilon, ("momentum", .float(0.5))],
        gives: [.float32([2, 1, 2], trained), .float32([1], [3.5]), .float32([1], [4.5])]),
      Case(
        "opset 9, one output", "BatchNormalization", opset: 9, inputs, [epsilon],
        gives: [.float32([2, 1, 2], [-1, 1, 3, 5])]),
      Case(
        "opset 15, statistics of another type", "BatchNormalization", opset: 15,
        [.float16([2, 1, 2], [1, 3, 5, 7]), inputs[1], inputs[2], inputs[3], inputs[4]],
        [epsilon, ("momentum", .float(0.5)), ("training_mode", .int(1))],
        gives: [.float16([2, 1, 2], trained), .float32([1], [3.5]), .float32([1], [4.5])]),
      Case(
        "opset 15, float64", "BatchNormalization", opset: 15,
        [.float64([1, 1, 2], [1, 3]), inputs[1], inputs[2], inputs[3], inputs[4]], [epsilon],
        gives: [.float64([1, 1, 2], [-1, 1])]),
    ])
  }
}
