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
            0.449000001 -0.181999996 0.977999985 0.26699999 0.200000003 0.180999994 -0.799000025 0.670000017
            0.163000003 -0.560000002 -0.976999998 0.409000009
            """)
        ],
        gives: [
          .text(
            .float32, [3, 2, 2],
            """
            0.896337092 0.610986412 -3.28321242 1.5073235 2.40471745 -0.649632573 2.86771536 0.717826128
            -0.851279914 -1.16556668 -2.03349757 -0.339263171
            """)
        ], relative: 0.001, absolute: 0.0001)
    ])
  }

  @Test func distance() {
    check([
      Case(
        "cdist", "CDist", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [2, 2], "-0.501999974 -0.623000026 -0.981000006 1.14999998"),
          .text(.float32, [1, 2], "-0.610000014 1"),
        ],
        [("metric", .string("euclidean"))],
        gives: [.text(.float32, [2, 1], "1.62658942 0.400176346")])
    ])
  }
}
