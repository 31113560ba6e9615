import Tensors
import TestSupport
import Testing

@Suite struct GatedRMSNormTests {
  @Test func gatedRMSNorm() {
    check([
      Case(
        "grms", "GatedRMSNorm", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [1, 4], "2.25 -1.93 -0.428 -0.703"), .text(.float32, [2], "-0.281 0.5"),
          .text(.float32, [1, 4], "2.11 0.439 -1.77 -1.11"),
        ],
        gives: [.text(.float32, [1, 4], "-0.5676202 -0.1228838 -0.05323542 0.1661736")]),
      Case(
        "gadd", "GatedAdd", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [1, 2, 2], "-0.678 -1.87 -0.329 -0.768"),
          .text(.float32, [1, 2, 2], "0.852 0.599 -0.532 0.368"), .text(.float32, [1, 2, 1], "0.0721 0.576"),
        ],
        gives: [.text(.float32, [1, 2, 2], "-0.6165708 -1.826812 -0.635432 -0.556032")]),
    ])
  }
}
