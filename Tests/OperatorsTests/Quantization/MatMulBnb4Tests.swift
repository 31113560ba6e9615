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
            -0.982 1.49 -1.09 1.77 -2.4 0.712 1.06 -1.01 -0.94 -0.738 -1.12 0.454 0.0614 -1.72 0.452 0.736
            """), .text(.uint8, [16], "22 51 206 187 15 186 70 64 242 48 44 93 231 132 31 49"),
          .text(.float32, [2], "1 0.5"),
        ],
        [("K", .int(16)), ("N", .int(2)), ("block_size", .int(16)), ("quant_type", .int(1))],
        gives: [.text(.float32, [1, 2], "-1.036766 -2.822767")])
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
            1.1 0.3 0.5 -1.8 -0.1 1.3 -0.1 1.5 0.2 -1.4 -0.2 0.1 -0.1 0.3 -0.9 1.1 0.5 -0.4 0.4 1.7 -0.4 -2.5
            -1.5 -0.5 1.4 0.6 -0.2 1.3 1.1 0.2 -1.4 -1.1
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
        gives: [.text(.float32, [1, 2], "4.799999 -13.875")])
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
