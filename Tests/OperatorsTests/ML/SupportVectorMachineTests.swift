import Tensors
import TestSupport
import Testing

@Suite struct SupportVectorMachineTests {
  @Test func machines() {
    check([
      Case(
        "svr small", "SVMRegressor", domain: "ai.onnx.ml", opset: 1,
        [.text(.float32, [2, 2], "-0.0956 -0.77 -0.477 -0.256")],
        [
          ("kernel_type", .string("RBF")), ("kernel_params", .floats([0.5, 0.0, 3.0])),
          ("support_vectors", .floats([0.699, -0.0453, 0.0679, -0.222])), ("n_supports", .int(2)),
          ("coefficients", .floats([1.0, -0.5])), ("rho", .floats([0.3])),
        ],
        gives: [.text(.float32, [2, 1], "0.4362813 0.3590666")]),
      Case(
        "svc small", "SVMClassifier", domain: "ai.onnx.ml", opset: 1,
        [.text(.float32, [3, 2], "0.298 -0.704 -2.06 -1.26 1.68 0.169")],
        [
          ("kernel_type", .string("RBF")), ("kernel_params", .floats([0.5, 0.0, 3.0])),
          ("support_vectors", .floats([1.32, 0.879, 1.42, 0.228, -0.38, 0.117])),
          ("vectors_per_class", .ints([1, 1, 1])),
          ("coefficients", .floats([0.056, -1.15, 0.105, -1.5, 0.476, 0.306])), ("rho", .floats([0.1, 0.2, -0.3])),
          ("classlabels_ints", .ints([1, 2, 3])), ("prob_a", .floats([-1.0, -0.5, -0.7])),
          ("prob_b", .floats([0.1, 0.0, -0.1])),
        ],
        gives: [
          .text(.int64, [3], "2 1 2"),
          .text(
            .float32, [3, 3],
            """
            0.2902883 0.3902332 0.3194785 0.346077 0.322842 0.331081 0.1865191 0.4679877 0.3454932
            """),
        ]),
    ])
  }

  @Test func errors() {
    checkError(
      Case(
        "coefficients", "SVMRegressor", domain: "ai.onnx.ml", opset: 1, [.ramp([1, 2])],
        [
          ("n_supports", .int(3)), ("support_vectors", .floats([1, 2])), ("coefficients", .floats([1])),
          ("rho", .floats([0])),
        ],
        gives: [.ramp([1])]), contains: "3 support vectors of 2 numbers")
    checkError(
      Case(
        "classes", "SVMClassifier", domain: "ai.onnx.ml", opset: 1, [.ramp([1, 2])],
        [
          ("vectors_per_class", .ints([1, -1])), ("support_vectors", .floats([1, 2])), ("coefficients", .floats([1])),
          ("rho", .floats([0])), ("classlabels_ints", .ints([1, 2])),
        ], gives: [.ramp([1])]), contains: "vectors_per_class must be some of 2 numbers, got -1")
  }
}
