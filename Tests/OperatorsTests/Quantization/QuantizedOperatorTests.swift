import Tensors
import TestSupport
import Testing

@Suite struct QuantizedOperatorTests {
  @Test func binary() {
    check([
      Case(
        "QLinearAdd uint8 bc2", "QLinearAdd", domain: "com.microsoft", opset: 1,
        [
          .text(.uint8, [2, 1, 4], "120 220 54 112 124 228 112 157"), .text(.float32, [], "0.0299999993"),
          .text(.uint8, [], "120"), .text(.uint8, [3, 1], "19 212 113"), .text(.float32, [], "0.0500000007"),
          .text(.uint8, [], "140"), .text(.float32, [], "0.0700000003"), .text(.uint8, [], "130"),
        ],
        gives: [
          .text(
            .uint8, [2, 3, 4],
            """
            44 86 15 40 181 224 153 178 111 154 82 107 45 90 40 59 183 228 178 197 112 157 107 127
            """)
        ]),
      Case(
        "QLinearAdd int8 bc2", "QLinearAdd", domain: "com.microsoft", opset: 1,
        [
          .text(.int8, [2, 1, 4], "53 29 -54 121 -30 80 93 -113"), .text(.float32, [], "0.0299999993"),
          .text(.int8, [], "-8"), .text(.int8, [3, 1], "41 -104 43"), .text(.float32, [], "0.0500000007"),
          .text(.int8, [], "12"), .text(.float32, [], "0.0700000003"), .text(.int8, [], "2"),
        ],
        gives: [
          .text(
            .int8, [2, 3, 4],
            """
            49 39 3 78 -55 -65 -101 -26 50 40 4 79 13 60 66 -22 -90 -43 -38 -126 15 62 67 -21
            """)
        ]),
      Case(
        "QLinearMul uint8 bc2", "QLinearMul", domain: "com.microsoft", opset: 1,
        [
          .text(.uint8, [2, 1, 4], "130 45 56 155 91 29 163 224"), .text(.float32, [], "0.0299999993"),
          .text(.uint8, [], "120"), .text(.uint8, [3, 1], "94 161 120"), .text(.float32, [], "0.0500000007"),
          .text(.uint8, [], "140"), .text(.float32, [], "0.0700000003"), .text(.uint8, [], "130"),
        ],
        gives: [
          .text(
            .uint8, [2, 3, 4],
            """
            120 204 193 96 134 96 101 146 126 162 157 115 159 220 88 27 117 89 149 177 142 169 112 85
            """)
        ]),
      Case(
        "QLinearMul int8 bc2", "QLinearMul", domain: "com.microsoft", opset: 1,
        [
          .text(.int8, [2, 1, 4], "103 77 -26 93 -37 86 -42 -91"), .text(.float32, [], "0.0299999993"),
          .text(.int8, [], "-8"), .text(.int8, [3, 1], "78 81 60"), .text(.float32, [], "0.0500000007"),
          .text(.int8, [], "12"), .text(.float32, [], "0.0700000003"), .text(.int8, [], "2"),
        ],
        gives: [
          .text(
            .int8, [2, 3, 4],
            """
            127 122 -23 127 127 127 -25 127 116 89 -17 106 -39 127 -46 -115 -41 127 -48 -121 -28 99 -33 -83
            """)
        ]),
    ])
  }

  @Test func unary() {
    check([
      Case(
        "sig suint8", "QLinearSigmoid", domain: "com.microsoft", opset: 1,
        [
          .text(.uint8, [2, 3], "108 142 250 107 136 187"), .text(.float32, [], "0.0500000007"),
          .text(.uint8, [], "100"), .text(.float32, [], "0.00390625"), nil,
        ],
        gives: [.text(.uint8, [2, 3], "153 228 255 150 220 253")]),
      Case(
        "sig sint8", "QLinearSigmoid", domain: "com.microsoft", opset: 1,
        [
          .text(.int8, [2, 3], "117 -98 -77 46 -21 24"), .text(.float32, [], "0.0500000007"), .text(.int8, [], "-28"),
          .text(.float32, [], "0.00390625"), nil,
        ],
        gives: [.text(.int8, [2, 3], "127 8 20 127 127 127")]),
      Case(
        "lrelu suint8", "QLinearLeakyRelu", domain: "com.microsoft", opset: 1,
        [
          .text(.uint8, [6], "134 40 251 16 228 103"), .text(.float32, [], "0.0500000007"), .text(.uint8, [], "100"),
          .text(.float32, [], "0.0399999991"), .text(.uint8, [], "60"),
        ],
        gives: [.text(.uint8, [6], "103 59 249 59 220 64")]),
      Case(
        "lrelu sint8", "QLinearLeakyRelu", domain: "com.microsoft", opset: 1,
        [
          .text(.int8, [6], "-2 24 -19 92 91 -19"), .text(.float32, [], "0.0500000007"), .text(.int8, [], "-28"),
          .text(.float32, [], "0.0399999991"), .text(.int8, [], "-68"),
        ],
        gives: [.text(.int8, [6], "-35 -3 -57 82 81 -57")]),
    ])
  }

  @Test func softmax() {
    check([
      Case(
        "smax uint8 1 13", "QLinearSoftmax", domain: "com.microsoft", opset: 1,
        [
          .text(
            .uint8, [2, 3, 5],
            """
            221 108 25 234 134 3 7 66 129 93 230 138 209 143 70 109 16 173 174 216 224 55 230 229 217 228 148
            204 84 147
            """), .text(.float32, [], "0.0399999991"), .text(.uint8, [], "100"), .text(.float32, [], "0.00390625"),
          .text(.uint8, [], "0"),
        ],
        [("axis", .int(1)), ("opset", .int(13))],
        gives: [
          .text(
            .uint8, [2, 3, 5],
            """
            105 59 0 246 201 0 1 1 4 39 151 196 255 6 16 1 1 18 25 122 117 6 176 230 127 138 249 62 1 8
            """)
        ]),
      Case(
        "smax int8 1 13", "QLinearSoftmax", domain: "com.microsoft", opset: 1,
        [
          .text(
            .int8, [2, 3, 5],
            """
            -79 -83 96 76 98 -50 71 108 -106 -66 112 12 20 -60 -22 -44 60 108 12 16 -6 -19 66 -72 58 -40 -21 -63
            -54 97
            """), .text(.float32, [], "0.0399999991"), .text(.int8, [], "-28"), .text(.float32, [], "0.00390625"),
          .text(.int8, [], "-128"),
        ],
        [("axis", .int(1)), ("opset", .int(13))],
        gives: [
          .text(
            .int8, [2, 3, 5],
            """
            -128 -128 -32 127 126 -128 105 27 -128 -128 127 -106 -123 -127 -126 -90 109 88 103 -120 46 -118 -88
            -120 -85 -83 -119 -128 -111 77
            """)
        ]),
    ])
  }

  @Test func concatAndWhere() {
    check([
      Case(
        "concat uint8 1", "QLinearConcat", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [], "0.0599999987"), .text(.uint8, [], "128"),
          .text(.uint8, [2, 3], "86 132 197 110 178 199"), .text(.float32, [], "0.0299999993"),
          .text(.uint8, [], "100"), .text(.uint8, [2, 3], "138 111 208 5 132 137"), .text(.float32, [], "0.0599999987"),
          .text(.uint8, [], "128"), .text(.uint8, [2, 3], "52 68 61 84 94 84"), .text(.float32, [], "0.0900000036"),
          .text(.uint8, [], "150"),
        ],
        [("axis", .int(1))],
        gives: [.text(.uint8, [2, 9], "121 144 176 138 111 208 0 5 0 133 167 178 5 132 137 29 44 29")]),
      Case(
        "concat int8 1", "QLinearConcat", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [], "0.0599999987"), .text(.int8, [], "0"), .text(.int8, [2, 3], "22 127 81 18 -60 73"),
          .text(.float32, [], "0.0299999993"), .text(.int8, [], "-28"), .text(.int8, [2, 3], "121 9 46 -98 83 0"),
          .text(.float32, [], "0.0599999987"), .text(.int8, [], "0"),
          .text(.int8, [2, 3], "-39 -110 -62 103 -118 -54"), .text(.float32, [], "0.0900000036"),
          .text(.int8, [], "22"),
        ],
        [("axis", .int(1))],
        gives: [.text(.int8, [2, 9], "25 78 54 121 9 46 -92 -128 -126 23 -16 50 -98 83 0 122 -128 -114")]),
      Case(
        "where suint8", "QLinearWhere", domain: "com.microsoft", opset: 1,
        [
          .text(.bool, [3], "1 0 1"), .text(.uint8, [3], "97 114 104"), .text(.float32, [], "0.0299999993"),
          .text(.uint8, [], "100"), .text(.uint8, [3], "167 18 242"), .text(.float32, [], "0.0500000007"),
          .text(.uint8, [], "140"), .text(.float32, [], "0.0599999987"), .text(.uint8, [], "128"),
        ],
        gives: [.text(.uint8, [3], "126 26 130")]),
      Case(
        "where sint8", "QLinearWhere", domain: "com.microsoft", opset: 1,
        [
          .text(.bool, [3], "1 0 1"), .text(.int8, [3], "-112 102 84"), .text(.float32, [], "0.0299999993"),
          .text(.int8, [], "-28"), .text(.int8, [3], "-14 53 5"), .text(.float32, [], "0.0500000007"),
          .text(.int8, [], "12"), .text(.float32, [], "0.0599999987"), .text(.int8, [], "0"),
        ],
        gives: [.text(.int8, [3], "-42 34 56")]),
    ])
  }

  @Test func pools() {
    check([
      Case(
        "avg suint8 0", "QLinearAveragePool", domain: "com.microsoft", opset: 1,
        [
          .text(.uint8, [1, 2, 3, 3], "139 243 118 112 145 252 68 38 120 244 106 77 65 224 159 90 165 144"),
          .text(.float32, [], "0.0500000007"), .text(.uint8, [], "120"), .text(.float32, [], "0.0599999987"),
          .text(.uint8, [], "110"),
        ],
        [("channels_last", .int(0)), ("kernel_shape", .ints([2, 2]))],
        gives: [.text(.uint8, [1, 2, 2, 2], "143 168 86 126 143 128 123 154")]),
      Case(
        "avg suint8 1", "QLinearAveragePool", domain: "com.microsoft", opset: 1,
        [
          .text(.uint8, [1, 3, 3, 2], "198 169 51 209 234 221 182 160 106 156 9 162 36 146 191 133 131 32"),
          .text(.float32, [], "0.0500000007"), .text(.uint8, [], "120"), .text(.float32, [], "0.0599999987"),
          .text(.uint8, [], "110"),
        ],
        [("channels_last", .int(1)), ("kernel_shape", .ints([2, 2]))],
        gives: [.text(.uint8, [1, 2, 2, 2], "122 155 93 166 117 134 101 111")]),
      Case(
        "avg sint8 0", "QLinearAveragePool", domain: "com.microsoft", opset: 1,
        [
          .text(.int8, [1, 2, 3, 3], "-104 7 -27 63 74 -115 35 -110 77 81 87 79 -33 -96 -99 56 -106 -95"),
          .text(.float32, [], "0.0500000007"), .text(.int8, [], "-8"), .text(.float32, [], "0.0599999987"),
          .text(.int8, [], "-18"),
        ],
        [("channels_last", .int(0)), ("kernel_shape", .ints([2, 2]))],
        gives: [.text(.int8, [1, 2, 2, 2], "-3 -24 2 -27 -3 -17 -49 -94")]),
      Case(
        "avg sint8 1", "QLinearAveragePool", domain: "com.microsoft", opset: 1,
        [
          .text(.int8, [1, 3, 3, 2], "45 64 76 97 -101 23 26 -6 53 -24 84 84 -128 -25 -81 104 -29 -53"),
          .text(.float32, [], "0.0500000007"), .text(.int8, [], "-8"), .text(.float32, [], "0.0599999987"),
          .text(.int8, [], "-18"),
        ],
        [("channels_last", .int(1)), ("kernel_shape", .ints([2, 2]))],
        gives: [.text(.int8, [1, 2, 2, 2], "30 16 12 26 -38 -1 -6 12")]),
      Case(
        "gavg suint8 0", "QLinearGlobalAveragePool", domain: "com.microsoft", opset: 1,
        [
          .text(.uint8, [1, 2, 2, 3], "33 212 65 182 213 57 159 7 117 236 142 176"),
          .text(.float32, [], "0.0500000007"), .text(.uint8, [], "120"), .text(.float32, [], "0.0313000008"),
          .text(.uint8, [], "110"),
        ],
        [("channels_last", .int(0))],
        gives: [.text(.uint8, [1, 2, 1, 1], "121 141")]),
      Case(
        "gavg suint8 1", "QLinearGlobalAveragePool", domain: "com.microsoft", opset: 1,
        [
          .text(.uint8, [1, 2, 2, 3], "133 73 25 214 191 175 79 69 249 174 71 73"), .text(.float32, [], "0.0500000007"),
          .text(.uint8, [], "120"), .text(.float32, [], "0.0313000008"), .text(.uint8, [], "110"),
        ],
        [("channels_last", .int(1))],
        gives: [.text(.uint8, [1, 1, 1, 3], "158 80 127")]),
      Case(
        "gavg sint8 0", "QLinearGlobalAveragePool", domain: "com.microsoft", opset: 1,
        [
          .text(.int8, [1, 2, 2, 3], "-38 -7 -88 66 15 -20 53 102 -75 65 1 -109"), .text(.float32, [], "0.0500000007"),
          .text(.int8, [], "-8"), .text(.float32, [], "0.0313000008"), .text(.int8, [], "-18"),
        ],
        [("channels_last", .int(0))],
        gives: [.text(.int8, [1, 2, 1, 1], "-24 5")]),
      Case(
        "gavg sint8 1", "QLinearGlobalAveragePool", domain: "com.microsoft", opset: 1,
        [
          .text(.int8, [1, 2, 2, 3], "-63 -78 28 12 -108 36 27 0 -113 21 125 -46"), .text(.float32, [], "0.0500000007"),
          .text(.int8, [], "-8"), .text(.float32, [], "0.0313000008"), .text(.int8, [], "-18"),
        ],
        [("channels_last", .int(1))],
        gives: [.text(.int8, [1, 1, 1, 3], "-6 -30 -43")]),
    ])
  }

  @Test func mean() {
    check([
      Case(
        "mean of an axis", "QLinearReduceMean", domain: "com.microsoft", opset: 1,
        [.uint8([2, 2], [1, 3, 5, 9]), .float32([], [0.5]), .uint8([], [1]), .float32([], [0.25]), .uint8([], [2])],
        [("axes", .ints([1])), ("keepdims", .int(0))], gives: [.uint8([2], [4, 14])])
    ])
  }

  @Test func errors() {
    let x = Tensor.uint8([2], [1, 2])
    checkError(
      Case(
        "no second operand", "QLinearAdd", domain: "com.microsoft", opset: 1,
        [x, .ramp([]), nil, nil, nil, nil, .ramp([])],
        gives: [x]), contains: "input 3 is required")
    checkError(
      Case(
        "two types", "QLinearAdd", domain: "com.microsoft", opset: 1,
        [x, .ramp([]), nil, .int8([2], [1, 2]), .ramp([]), nil, .ramp([])], gives: [x]),
      contains: "of one type, got uint8 and int8")
    checkError(
      Case(
        "scales per channel", "QLinearSigmoid", domain: "com.microsoft", opset: 1, [x, .ramp([2]), nil, .ramp([])],
        gives: [x]), contains: "must be one number each")
  }
}
