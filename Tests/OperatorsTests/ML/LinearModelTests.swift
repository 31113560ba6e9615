import Tensors
import TestSupport
import Testing

@Suite struct LinearModelTests {
  @Test func linear() {
    check([
      Case(
        "lr small", "LinearRegressor", domain: "ai.onnx.ml", opset: 1,
        [.text(.float32, [2, 3], "0.43 0.814 -2.22 -0.043 1.17 -0.491")],
        [
          ("coefficients", .floats([0.126, 1.46, -1.05, 0.865, -0.034, -0.16])), ("intercepts", .floats([0.5, -1.0])),
          ("targets", .int(2)),
        ],
        gives: [.text(.float32, [2, 2], "4.07362 -0.300526 2.718332 -0.998415")]),
      Case(
        "lc small", "LinearClassifier", domain: "ai.onnx.ml", opset: 1,
        [.text(.float32, [3, 2], "-0.157 0.104 -0.818 0.702 -0.407 -0.859")],
        [
          ("coefficients", .floats([-0.788, -0.0636])), ("intercepts", .floats([0.5])),
          ("classlabels_ints", .ints([7, 9])), ("post_transform", .string("LOGISTIC")),
        ],
        gives: [
          .text(.int64, [3], "9 9 9"),
          .text(.float32, [3, 2], "0.350441 0.649559 0.2497517 0.7502483 0.2941426 0.7058574"),
        ]),
    ])
  }
}
