import Tensors
import TestSupport
import Testing

@Suite struct ProjectedAttentionTests {
  @Test func floats() {
    check([
      Case(
        "plain", "Attention", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [1, 2, 3], "0.00577 -0.809 -1.03 -0.865 2.2 -0.449"),
          .text(
            .float32, [3, 12],
            """
            0.43 0.723 1.14 -0.993 0.214 0.287 1.76 -0.711 -0.0102 0.887 -1.22 1.12 0.636 0.115 -0.039 -0.325
            0.78 -1.78 -0.701 -1.53 -1.36 0.539 0.644 -1.09 1.34 0.698 -0.138 -0.504 -0.77 -1.32 -0.385 -0.116
            -1.78 0.973 0.887 1.73
            """),
          .text(
            .float32, [12],
            """
            1.14 1.7 -0.195 -1.27 -0.336 -0.938 -0.773 1.4 0.258 -0.356 -0.879 0.838
            """),
        ],
        [("num_heads", .int(2))],
        gives: [
          .text(
            .float32, [1, 2, 4],
            """
            3.154931 -1.778991 0.5294755 -2.690466 2.861246 -1.697799 1.184956 -3.296435
            """)
        ]),
      Case(
        "past", "Attention", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [1, 1, 2], "2.36 1.01"),
          .text(
            .float32, [2, 6],
            """
            -0.959 0.083 -0.799 1.75 -1.38 1.63 -0.551 1.17 -0.149 -0.535 -0.507 0.53
            """), .text(.float32, [6], "0.00495 -1.04 -0.555 -0.531 -0.0608 -0.328"), .text(.int32, [1, 2], "1 1"),
          .text(.float32, [2, 1, 1, 1, 2], "0.107 0.116 -2.19 -1.26"),
        ],
        [("num_heads", .int(1))],
        gives: [
          .text(.float32, [1, 1, 2], "-3.825899 4.041879"),
          .text(.float32, [2, 1, 1, 2, 2], "0.107 0.116 -2.59113 3.05865 -2.19 -1.26 -3.82967 4.0541"),
        ]),
      Case(
        "sizes", "Attention", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [1, 2, 2], "-0.874 1.17 1.57 0.399"),
          .text(
            .float32, [2, 8],
            """
            -1.61 2.21 -0.763 -0.249 -0.35 1.35 0.334 0.819 1.99 1.84 -1.36 -0.021 -0.355 0.142 -1.36 -0.0316
            """), .text(.float32, [8], "0.57 -0.846 -0.425 -1.11 -0.0281 1.29 1.11 -2.48"),
        ],
        [("num_heads", .int(2)), ("unidirectional", .int(1)), ("qkv_hidden_sizes", .ints([2, 2, 4]))],
        gives: [
          .text(
            .float32, [1, 2, 4],
            """
            -0.13755 0.2762399 -0.7731159 -3.232778 -0.5569978 2.576421 -0.5486724 -2.98894
            """)
        ]),
      Case(
        "ends", "Attention", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [2, 2, 2], "0.228 -0.221 2 -0.932 0.0854 -1.21 -1.81 -0.0174"),
          .text(
            .float32, [2, 6],
            """
            1.33 0.627 -0.878 1.46 0.101 -1.29 0.457 -0.673 2.42 0.137 -0.382 -1.41
            """), .text(.float32, [6], "-0.833 0.0966 0.995 -1.5 0.124 1.25"), .text(.int32, [4], "2 2 1 0"), nil,
          .text(.float32, [1, 1, 2, 2], "-1.77 0.848 -1.83 -0.209"),
        ],
        [("num_heads", .int(1))],
        gives: [
          .text(
            .float32, [2, 2, 2],
            """
            0.682024 -0.01587999 0.682024 -0.01587999 0.5707353 2.874385 0.5942197 2.846672
            """)
        ]),
    ])
  }

  @Test func bytes() {
    check([
      Case(
        "plain", "QAttention", domain: "com.microsoft", opset: 1,
        [
          .text(.uint8, [1, 2, 4], "229 126 29 146 48 38 99 60"),
          .text(
            .uint8, [4, 6],
            """
            75 6 79 87 79 228 192 36 209 200 187 189 128 162 166 154 90 199 148 80 117 140 108 168
            """), .text(.float32, [6], "0.969 -0.22 -0.215 1.02 1.73 1.22"), .text(.float32, [], "0.03"),
          .text(.float32, [], "0.02"), nil, .text(.uint8, [], "120"), .text(.uint8, [], "3"),
        ],
        [("num_heads", .int(1))],
        gives: [.text(.float32, [1, 2, 2], "-15.4822 -26.0608 -15.4822 -26.0608")])
    ])
  }

  @Test func errors() {
    checkError(
      Case(
        "weights", "Attention", domain: "com.microsoft", opset: 1, [.ramp([1, 2, 3]), .ramp([3, 5])],
        [("num_heads", .int(1))], gives: [.ramp([1])]), contains: "weights of shape [3, 5]")
    checkError(
      Case(
        "rotary", "Attention", domain: "com.microsoft", opset: 1, [.ramp([1, 2, 3]), .ramp([3, 6])],
        [("num_heads", .int(1)), ("do_rotary", .int(1))], gives: [.ramp([1])]), contains: "do_rotary")
  }
}
