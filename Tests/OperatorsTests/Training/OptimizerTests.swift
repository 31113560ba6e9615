import Apus
import Tensors
import TestSupport
import Testing

@Suite struct OptimizerTests {
  private let domain = "ai.onnx.preview.training"
  private let rate = Tensor.float32([], [0.5])
  private let first = Tensor.int64([], [0])
  private let third = Tensor.int64([], [2])

  @Test func adagrad() {
    check([
      // g = 0.5 · 1 + 1.5 = 2; h = 5 + 4 = 9; x = 1 - 0.25 · 2 / 3
      Case(
        "with decay", "Adagrad", domain: domain, opset: 1,
        [rate, third, .float32([1], [1]), .float32([1], [1.5]), .float32([1], [5])],
        [("norm_coefficient", .float(0.5)), ("decay_factor", .float(0.5)), ("epsilon", .float(0))],
        gives: [.float32([1], [0.8333333]), .float32([1], [9])]),
      Case(
        "two tensors of float64", "Adagrad", domain: domain, opset: 1,
        [
          rate, first, .float64([1], [1]), .float64([2], [3, 4]), .float64([1], [3]), .float64([2], [0, 4]),
          .float64([1], [7]), .float64([2], [1, 9]),
        ],
        [("epsilon", .float(0))],
        gives: [
          .float64([1], [0.625]), .float64([2], [3, 3.6]), .float64([1], [16]),
          .float64([2], [1, 25]),
        ]),
    ])
  }

  @Test func adam() {
    // v = 0.5 · 2 + 0.5 · 4 = 3; h = 0.75 · 8 + 0.25 · 16 = 10; the rate is corrected but in the first step.
    let inputs: [Tensor] = [.float32([1], [1]), .float32([1], [4]), .float32([1], [2]), .float32([1], [8])]
    let attributes: [(String, AttributeProto.Value)] = [
      ("alpha", .float(0.5)), ("beta", .float(0.75)), ("epsilon", .float(0)), ("norm_coefficient_post", .float(0.5)),
    ]
    // 0.5 · √(1 - 0.75²) / (1 - 0.5²)
    let corrected: Float = 0.4409586
    let step: Float = 3 / Float(10).squareRoot()
    let plain: Float = 0.5 - 0.25 * step
    let later: Float = 0.5 - 0.5 * corrected * step
    check([
      Case(
        "first step", "Adam", domain: domain, opset: 1, [rate, first] + inputs, attributes,
        gives: [
          .float32([1], [plain]), .float32([1], [3]), .float32([1], [10]),
        ]),
      Case(
        "later", "Adam", domain: domain, opset: 1, [rate, third] + inputs, attributes,
        gives: [
          .float32([1], [later]), .float32([1], [3]), .float32([1], [10]),
        ]),
    ])
  }

  @Test func momentum() {
    let inputs: [Tensor] = [.float32([1], [1]), .float32([1], [4]), .float32([1], [2])]
    func attributes(_ mode: Name) -> [(String, AttributeProto.Value)] {
      [("alpha", .float(0.5)), ("beta", .float(0.25)), ("norm_coefficient", .float(0)), ("mode", .string(mode))]
    }
    check([
      // beta is 1 in the first step: v = 1 + 4.
      Case(
        "first step", "Momentum", domain: domain, opset: 1, [rate, first] + inputs, attributes("standard"),
        gives: [.float32([1], [-1.5]), .float32([1], [5])]),
      Case(
        "later, Nesterov's", "Momentum", domain: domain, opset: 1, [rate, third] + inputs, attributes("nesterov"),
        gives: [.float32([1], [-1.5]), .float32([1], [2])]),
    ])
    checkError(
      Case("mode", "Momentum", domain: domain, opset: 1, [rate, first] + inputs, attributes("heavy"), gives: [first]),
      contains: "mode must be", "'heavy'")
    checkError(
      Case(
        "types", "Adagrad", domain: domain, opset: 1,
        [rate, first, .float32([1], [1]), .float64([1], [1]), .float32([1], [1])], gives: [first]),
      contains: "of one type")
    checkError(
      Case("count", "Adagrad", domain: domain, opset: 1, [rate, first, rate, rate, rate, rate], gives: [first]),
      contains: "inputs must be 3 for each tensor, got 4")
  }
}
