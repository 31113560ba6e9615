import Tensors
import TestSupport
import Testing

@Suite struct LinearAttentionGateTests {
  @Test func gate() {
    check([
      Case(
        "lag", "LinearAttentionGate", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [1, 1, 2], "0.0639 -0.889"), .text(.float32, [2], "0.0581 1.5"),
          .text(.float32, [2], "-0.346 1.88"), .text(.float32, [1, 1, 2], "-0.654 -0.917"),
        ],
        gives: [.text(.float32, [1, 1, 2], "-0.2615782 1.963856"), .text(.float32, [1, 1, 2], "0.3420887 0.2855695")])
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
            0.234 0.0501 -0.869 -0.0796 0.718 -2.96 -0.254 0.4 0.274 -1.13 0.699 0.389
            """), .text(.int64, [3, 1, 2], "0 1 1 2 2 0"),
          .text(.float32, [3, 3], "-0.347 -2.1 1.1 -0.42 0.104 -0.0834 0.457 -1.15 -1.1"),
          .text(.float32, [3, 3], "-0.28 -0.0438 0.0791 0.303 -0.423 -0.779 0.0711 1.53 0.55"),
        ],
        [("mrope_section", .ints([1, 1, 1]))],
        gives: [
          .text(
            .float32, [1, 1, 2, 6],
            """
            -0.103486 0.3089244 2.5839 -0.0378988 0.0534797 2.77805 0.44907 -1.52947 0.2706301 0.397638 -0.19185
            0.4495734
            """)
        ]),
      Case(
        "mrope turns", "MRotaryEmbedding", domain: "com.microsoft", opset: 1,
        [
          .text(
            .float32, [1, 1, 2, 6],
            """
            -0.951 -0.497 1.81 -0.915 0.308 -0.284 -0.457 -0.919 0.917 -0.00295 -0.601 -1.52
            """), .text(.int64, [3, 1, 2], "0 1 1 2 2 0"),
          .text(.float32, [3, 3], "0.745 0.669 1.07 -1.13 -1.22 1.01 1.16 0.547 2.15"),
          .text(.float32, [3, 3], "-1.35 -0.844 -0.486 0.192 -0.266 0.372 -0.366 -0.385 0.358"),
        ],
        [("mrope_section", .ints([1, 1, 1])), ("mrope_layout", .int(1)), ("interleaved", .int(1))],
        gives: [
          .text(
            .float32, [1, 1, 2, 6],
            """
            -1.379445 0.913585 -2.45159 0.6348401 0.763872 -0.5003361 0.692858 0.950726 0.5004632 -0.3546586
            -1.38179 -1.334314
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
