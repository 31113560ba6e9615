import Tensors
import TestSupport
import Testing

@Suite struct QuantizedLSTMTests {
  @Test func lstm() {
    check([
      Case(
        "plain", "DynamicQuantizeLSTM", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [2, 1, 2], "-1.59000003 0.782000005 0.504000008 -0.38499999"),
          .text(.uint8, [1, 2, 8], "245 116 207 3 69 106 151 231 210 248 37 83 44 211 135 254"),
          .text(.uint8, [1, 2, 8], "14 174 41 113 135 166 98 190 252 22 254 255 83 40 123 70"),
          .text(
            .float32, [1, 16],
            """
            0.533999979 -0.059799999 -0.179000005 0.449999988 -0.063000001 0.342999995 0.0390000008 -0.718999982
            0.0627000034 -0.398999989 -0.0681999996 -0.115999997 -0.296000004 0.246999994 0.229000002 0.294
            """), nil, nil, nil, nil, .text(.float32, [1], "0.00400000019"), .text(.uint8, [1], "120"),
          .text(.float32, [1], "0.00400000019"), .text(.uint8, [1], "120"),
        ],
        [("hidden_size", .int(2)), ("direction", .string("forward"))],
        gives: [
          .text(.float32, [2, 1, 1, 2], "0.0156671163 -0.211481452 0.102651909 -0.153774828"),
          .text(.float32, [1, 1, 2], "0.102651909 -0.153774828"),
          .text(.float32, [1, 1, 2], "0.215357423 -0.311042368"),
        ], relative: 0.03, absolute: 0.02)
    ])
  }
}
