import Tensors
import TestSupport
import Testing

@Suite struct LossTests {
  private let x = Tensor.float32([2, 2], [-1, -2, -3, -4])

  @Test func losses() {
    check([
      Case(
        "weighted mean", "NegativeLogLikelihoodLoss", [x, .int64([2], [1, 0]), .float32([2], [3, 1])],
        gives: [.float32([], [(2 * 1 + 3 * 3) / 4])]),
      Case(
        "ignored", "NegativeLogLikelihoodLoss", [x, .int64([2], [-7, 1])],
        [("ignore_index", .int(-7)), ("reduction", .string("none"))],
        gives: [.float32([2], [0, 4])]),
      Case(
        "sum over positions", "NegativeLogLikelihoodLoss",
        [.float32([1, 2, 2], [-1, -2, -3, -4]), .int32([1, 2], [1, 0])],
        [("reduction", .string("sum"))], gives: [.float32([], [5])]),
      Case(
        "cross entropy and its logarithms", "SoftmaxCrossEntropyLoss", [.float32([1, 2], [2, 2]), .int64([1], [0])],
        gives: [.float32([], [0.6931472]), .float32([1, 2], [-0.6931472, -0.6931472])]),
    ])
    checkError(
      Case("target", "NegativeLogLikelihoodLoss", [x, .int64([2], [0, 2])], gives: [.float32([], [0])]),
      contains: "below 2, got 2")
  }
}
