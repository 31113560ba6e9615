import Tensors
import TestSupport
import Testing

@Suite struct LinearAttentionGateTests {
  @Test func gate() {
    check([
      Case(
        "lag", "LinearAttentionGate", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [1, 1, 2], "0.0639000013 -0.888999999"), .text(.float32, [2], "0.0581 1.5"),
          .text(.float32, [2], "-0.345999986 1.88"), .text(.float32, [1, 1, 2], "-0.653999984 -0.916999996"),
        ],
        gives: [
          .text(.float32, [1, 1, 2], "-0.261578232 1.96385562"), .text(.float32, [1, 1, 2], "0.342088729 0.285569549"),
        ])
    ])
  }

  @Test func turnsBySections() {
    check([
      Case(
        "mrope", "MRotaryEmbedding", domain: "com.microsoft", opset: 1,
        [
          .text(
            .float32, [1, 1, 2, 6],
            """
            0.233999997 0.0500999987 -0.869000018 -0.0795999989 0.717999995 -2.96000004 -0.254000008 0.400000006
            0.273999989 -1.13 0.699000001 0.388999999
            """), .text(.int64, [3, 1, 2], "0 1 1 2 2 0"),
          .text(
            .float32, [3, 3],
            """
            -0.347000003 -2.0999999 1.10000002 -0.419999987 0.104000002 -0.0834000036 0.456999987 -1.14999998
            -1.10000002
            """),
          .text(
            .float32, [3, 3],
            """
            -0.280000001 -0.0438000001 0.0790999979 0.303000003 -0.423000008 -0.778999984 0.0710999966
            1.52999997 0.550000012
            """),
        ],
        [("mrope_section", .ints([1, 1, 1]))],
        gives: [
          .text(
            .float32, [1, 1, 2, 6],
            """
            -0.103486001 0.308924407 2.58389997 -0.0378987975 0.0534796976 2.77804995 0.449070007 -1.52946997
            0.270630091 0.397637993 -0.191849992 0.449573427
            """)
        ]),
      Case(
        "mrope turns", "MRotaryEmbedding", domain: "com.microsoft", opset: 1,
        [
          .text(
            .float32, [1, 1, 2, 6],
            """
            -0.950999975 -0.497000009 1.80999994 -0.915000021 0.307999998 -0.284000009 -0.456999987 -0.91900003
            0.916999996 -0.00295000011 -0.601000011 -1.51999998
            """), .text(.int64, [3, 1, 2], "0 1 1 2 2 0"),
          .text(
            .float32, [3, 3],
            """
            0.745000005 0.66900003 1.07000005 -1.13 -1.22000003 1.00999999 1.15999997 0.546999991 2.1500001
            """),
          .text(
            .float32, [3, 3],
            """
            -1.35000002 -0.843999982 -0.486000001 0.192000002 -0.266000003 0.372000009 -0.365999997 -0.38499999
            0.35800001
            """),
        ],
        [("mrope_section", .ints([1, 1, 1])), ("mrope_layout", .int(1)), ("interleaved", .int(1))],
        gives: [
          .text(
            .float32, [1, 1, 2, 6],
            """
            -1.37944496 0.913585007 -2.45159006 0.634840131 0.763872027 -0.500336051 0.692857981 0.950726032
            0.500463247 -0.354658633 -1.38179004 -1.33431411
            """)
        ]),
    ])
  }

  @Test func errors() {
    checkError(
      Case(
        "no rate", "LinearAttentionGate", domain: "com.microsoft", opset: 1,
        [.ramp([1, 1, 2]), .ramp([2]), .ramp([2])],
        gives: [nil, .ramp([1])]), contains: "input 3 is required")
    checkError(
      Case(
        "window of states", "LinearAttention", domain: "com.microsoft", opset: 1,
        [.ramp([1, 1, 2]), .ramp([1, 1, 2]), .ramp([1, 1, 2])],
        [
          ("q_num_heads", .int(1)), ("kv_num_heads", .int(1)), ("update_rule", .string("linear")),
          ("state_window", .int(2)),
        ],
        gives: [.ramp([1])]), contains: "state_window")
    checkError(
      Case(
        "dilation", "CausalConvWithState", domain: "com.microsoft", opset: 1, [.ramp([1, 1, 2]), .ramp([1, 1, 2])],
        [("dilation", .int(2))], gives: [.ramp([1])]), contains: "dilation")
  }
}
