import Tensors
import TestSupport
import Testing

@Suite struct FusedConvTests {
  @Test func fusedConv() {
    check([
      Case(
        "fconv", "FusedConv", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [1, 1, 2, 2], "-1.15 -0.279 -1.21 -0.494"), .text(.float32, [2, 1, 1, 1], "-0.225 -1.63"),
          .text(.float32, [2], "0.159 0.945"),
          .text(.float32, [1, 2, 2, 2], "1.45 0.218 0.581 -0.729 0.599 -0.813 0.0558 0.11"),
        ],
        [
          ("activation", .string("LeakyRelu")), ("activation_params", .floats([0.5])), ("kernel_shape", .ints([1, 1])),
        ],
        gives: [.text(.float32, [1, 2, 2, 2], "1.86775 0.439775 1.01225 -0.229425 3.4185 0.58677 2.9731 1.86022")])
    ])
  }
}
