import Tensors
import TestSupport
import Testing

@Suite struct InverseTests {
  @Test func inverse() {
    check([
      Case(
        "inv 2", "Inverse", domain: "com.microsoft", opset: 1,
        [
          .text(
            .float32, [3, 2, 2],
            """
            0.449 -0.182 0.978 0.267 0.2 0.181 -0.799 0.67 0.163 -0.56 -0.977 0.409
            """)
        ],
        gives: [
          .text(
            .float32, [3, 2, 2],
            """
            0.8963371 0.6109864 -3.283212 1.507324 2.404717 -0.6496326 2.867715 0.7178261 -0.8512799 -1.165567
            -2.033498 -0.3392632
            """)
        ], relative: 0.001, absolute: 0.0001)
    ])
  }

  @Test func distance() {
    check([
      Case(
        "cdist", "CDist", domain: "com.microsoft", opset: 1,
        [.text(.float32, [2, 2], "-0.502 -0.623 -0.981 1.15"), .text(.float32, [1, 2], "-0.61 1")],
        [("metric", .string("euclidean"))],
        gives: [.text(.float32, [2, 1], "1.626589 0.4001763")])
    ])
  }
}
