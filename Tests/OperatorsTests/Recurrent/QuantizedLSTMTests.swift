import Tensors
import TestSupport
import Testing

@Suite struct QuantizedLSTMTests {
  @Test func lstm() {
    check([
      Case(
        "plain", "DynamicQuantizeLSTM", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [2, 1, 2], "-1.59 0.782 0.504 -0.385"),
          .text(.uint8, [1, 2, 8], "245 116 207 3 69 106 151 231 210 248 37 83 44 211 135 254"),
          .text(.uint8, [1, 2, 8], "14 174 41 113 135 166 98 190 252 22 254 255 83 40 123 70"),
          .text(
            .float32, [1, 16],
            """
            0.534 -0.0598 -0.179 0.45 -0.063 0.343 0.039 -0.719 0.0627 -0.399 -0.0682 -0.116 -0.296 0.247 0.229
            0.294
            """), nil, nil, nil, nil, .text(.float32, [1], "0.004"), .text(.uint8, [1], "120"),
          .text(.float32, [1], "0.004"), .text(.uint8, [1], "120"),
        ],
        [("hidden_size", .int(2)), ("direction", .string("forward"))],
        gives: [
          .text(.float32, [2, 1, 1, 2], "0.01566712 -0.2114815 0.1026519 -0.1537748"),
          .text(.float32, [1, 1, 2], "0.1026519 -0.1537748"), .text(.float32, [1, 1, 2], "0.2153574 -0.3110424"),
        ], relative: 0.03, absolute: 0.02)
    ])
  }
}
