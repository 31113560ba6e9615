import Tensors
import TestSupport
import Testing

@Suite struct NGramRepeatBlockTests {
  @Test func nGrams() {
    check([
      Case(
        "ngram", "NGramRepeatBlock", domain: "com.microsoft", opset: 1,
        [
          .text(.int64, [2, 5], "0 1 2 0 1 3 3 3 3 3"),
          .text(
            .float32, [2, 5],
            """
            1.83000004 0.112999998 1.14999998 0.504999995 -0.338999987 0.980000019 1.10000002 -0.735000014 -1.62
            -0.704999983
            """),
        ],
        [("ngram_size", .int(3))],
        gives: [
          .text(
            .float32, [2, 5],
            """
            1.83000004 0.112999998 -inf 0.504999995 -0.338999987 0.980000019 1.10000002 -0.735000014 -inf
            -0.704999983
            """)
        ])
    ])
  }

  @Test func unique() {
    check([
      Case(
        "unique", "Unique", domain: "com.microsoft", opset: 1,
        [.text(.float32, [5], "2 1 2 3 1")],
        gives: [.text(.float32, [3], "2 1 3"), .text(.int64, [5], "0 1 0 2 1"), .text(.int64, [3], "2 2 1")])
    ])
  }

  @Test func range() {
    check([
      Case(
        "range d int32", "Range", domain: "com.microsoft", opset: 1,
        [.text(.int32, [], "1"), .text(.int32, [], "5")],
        gives: [.text(.int32, [4], "1 2 3 4")])
    ])
  }

  @Test func errors() {
    checkError(
      Case(
        "a token beyond the vocabulary", "NGramRepeatBlock", domain: "com.microsoft", opset: 1,
        [.int64([1, 2], [7, 7]), .ramp([1, 3])], [("ngram_size", .int(1))], gives: [.ramp([1])]),
      contains: "a token must be below 3, got 7")
  }
}
