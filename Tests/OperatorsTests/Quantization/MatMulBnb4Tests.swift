import Tensors
import TestSupport
import Testing

@Suite struct MatMulBnb4Tests {
  @Test func quantiles() {
    check([
      Case(
        "bnb4", "MatMulBnb4", domain: "com.microsoft", opset: 1,
        [
          .text(
            .float32, [1, 16],
            """
            -0.981999993 1.49000001 -1.09000003 1.76999998 -2.4000001 0.712000012 1.05999994 -1.00999999
            -0.939999998 -0.737999976 -1.12 0.453999996 0.0614 -1.72000003 0.451999992 0.736000001
            """), .text(.uint8, [16], "22 51 206 187 15 186 70 64 242 48 44 93 231 132 31 49"),
          .text(.float32, [2], "1 0.5"),
        ],
        [("K", .int(16)), ("N", .int(2)), ("block_size", .int(16)), ("quant_type", .int(1))],
        gives: [.text(.float32, [1, 2], "-1.03676581 -2.82276654")])
    ])
  }

  @Test func groupIndex() {
    check([
      Case(
        "nbits group", "MatMulNBits", domain: "com.microsoft", opset: 1,
        [
          .text(
            .float32, [1, 32],
            """
            1.10000002 0.300000012 0.5 -1.79999995 -0.100000001 1.29999995 -0.100000001 1.5 0.200000003
            -1.39999998 -0.200000003 0.100000001 -0.100000001 0.300000012 -0.899999976 1.10000002 0.5
            -0.400000006 0.400000006 1.70000005 -0.400000006 -2.5 -1.5 -0.5 1.39999998 0.600000024 -0.200000003
            1.29999995 1.10000002 0.200000003 -1.39999998 -1.10000002
            """),
          .text(
            .uint8, [2, 2, 8],
            """
            83 11 16 90 61 116 208 53 255 15 106 31 190 213 226 40 254 56 190 120 39 77 2 145 170 32 109 90 2
            172 33 165
            """), .text(.float32, [2, 2], "0.5 1 0.25 2"), nil,
          .text(.int32, [32], "1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0"),
        ],
        [("K", .int(32)), ("N", .int(2)), ("bits", .int(4)), ("block_size", .int(16))],
        gives: [.text(.float32, [1, 2], "4.79999924 -13.8750019")])
    ])
  }

  @Test func errors() {
    checkError(
      Case(
        "a short B", "MatMulBnb4", domain: "com.microsoft", opset: 1,
        [.ramp([1, 16]), .uint8([3], [1, 2, 3]), .ramp([2])],
        [("K", .int(16)), ("N", .int(2)), ("block_size", .int(16)), ("quant_type", .int(1))], gives: [.ramp([1])]),
      contains: "not 2 rows of 16")
  }
}
