import Tensors
import TestSupport
import Testing

@Suite struct GatedRMSNormTests {
  @Test func gatedRMSNorm() {
    check([
      Case(
        "grms", "GatedRMSNorm", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [1, 4], "2.25 -1.92999995 -0.428000003 -0.703000009"),
          .text(.float32, [2], "-0.280999988 0.5"),
          .text(.float32, [1, 4], "2.1099999 0.43900001 -1.76999998 -1.11000001"),
        ],
        gives: [.text(.float32, [1, 4], "-0.567620158 -0.122883774 -0.0532354228 0.166173622")]),
      Case(
        "gadd", "GatedAdd", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [1, 2, 2], "-0.677999973 -1.87 -0.328999996 -0.768000007"),
          .text(.float32, [1, 2, 2], "0.851999998 0.598999977 -0.532000005 0.368000001"),
          .text(.float32, [1, 2, 1], "0.0720999986 0.575999975"),
        ],
        gives: [.text(.float32, [1, 2, 2], "-0.616570771 -1.82681215 -0.635432005 -0.556032002")]),
    ])
  }
}
