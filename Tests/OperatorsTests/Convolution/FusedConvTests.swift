import Tensors
import TestSupport
import Testing

@Suite struct FusedConvTests {
  @Test func fusedConv() {
    check([
      Case(
        "fconv", "FusedConv", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [1, 1, 2, 2], "-1.14999998 -0.279000014 -1.21000004 -0.493999988"),
          .text(.float32, [2, 1, 1, 1], "-0.224999994 -1.63"), .text(.float32, [2], "0.158999994 0.944999993"),
          .text(
            .float32, [1, 2, 2, 2],
            """
            1.45000005 0.217999995 0.58099997 -0.728999972 0.598999977 -0.813000023 0.0557999983 0.109999999
            """),
        ],
        [
          ("activation", .string("LeakyRelu")), ("activation_params", .floats([0.5])), ("kernel_shape", .ints([1, 1])),
        ],
        gives: [
          .text(
            .float32, [1, 2, 2, 2],
            """
            1.86775005 0.43977499 1.01224995 -0.229424983 3.41849971 0.586769998 2.97309995 1.86021996
            """)
        ])
    ])
  }
}
