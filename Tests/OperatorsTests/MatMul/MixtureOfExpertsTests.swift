import Tensors
import TestSupport
import Testing

@Suite struct MixtureOfExpertsTests {
  @Test func floats() {
    check([
      Case(
        "relu", "MoE", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [2, 2], "-0.74 -0.255 0.575 0.329"), .text(.float32, [2, 2], "0.278 1.59 -0.114 -0.795"),
          .text(.float32, [2, 2, 2], "-0.565 0.0085 -1.23 -0.337 1.04 -0.802 -0.588 1.33"),
          .text(.float32, [2, 2], "0.804 1.2 -0.562 -1.59"),
          .text(.float32, [2, 2, 2], "0.994 -0.0919 0.242 -1.26 -0.734 -0.597 -0.327 0.657"),
        ],
        [("k", .int(2)), ("activation_type", .string("relu")), ("normalize_routing_weights", .int(1))],
        gives: [.text(.float32, [2, 2], "0.2144411 -0.5244207 0.2947563 -0.2420407")]),
      Case(
        "swiglu", "MoE", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [2, 2], "1.36 -0.881 -0.527 -1.03"), .text(.float32, [2, 2], "-0.395 -0.7 -0.207 0.612"),
          .text(
            .float32, [2, 4, 2],
            """
            0.89 -2 0.508 1.66 -0.618 -0.849 0.545 -0.186 -0.0498 0.56 0.639 -0.26 -0.0426 -0.0713 -0.0514
            -0.646
            """), .text(.float32, [2, 4], "-0.502 -0.859 0.48 -0.849 0.264 0.319 -1.36 1.57"),
          .text(.float32, [2, 2, 2], "-0.92 -0.801 0.929 -1.68 -0.451 -0.345 -0.883 2"),
        ],
        [
          ("k", .int(2)), ("activation_type", .string("swiglu")), ("normalize_routing_weights", .int(1)),
          ("swiglu_fusion", .int(1)), ("swiglu_limit", .float(0.7)), ("activation_alpha", .float(1.702)),
          ("activation_beta", .float(1.0)),
        ],
        gives: [.text(.float32, [2, 2], "-0.1427639 -0.2806491 0.01144898 -0.264287")]),
    ])
  }

  @Test func bytes() {
    check([
      Case(
        "rows", "QMoE", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [1, 4], "0.973 2.18 0.609 -1.71"), .text(.float32, [1, 2], "0.462 -0.827"),
          .text(.uint8, [2, 2, 4], "184 11 101 157 69 241 173 46 74 169 171 7 230 215 159 78"),
          .text(.float32, [2, 2], "0.0161 0.0152 0.00893 0.00887"), nil,
          .text(.uint8, [2, 4, 2], "99 75 234 110 130 196 118 97 4 7 239 222 42 79 151 158"),
          .text(.float32, [2, 4], "0.0149 0.00711 0.00974 0.00991 0.0136 0.0184 0.0213 0.013"),
        ],
        [("k", .int(1)), ("activation_type", .string("silu")), ("expert_weight_bits", .int(8))],
        gives: [.text(.float32, [1, 4], "-4.236035 -0.7341875 3.572609 -1.651902")], relative: 0.01, absolute: 0.01)
    ])
  }
}
