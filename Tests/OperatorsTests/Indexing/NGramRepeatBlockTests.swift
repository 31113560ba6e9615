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
          .text(.float32, [2, 5], "1.83 0.113 1.15 0.505 -0.339 0.98 1.1 -0.735 -1.62 -0.705"),
        ],
        [("ngram_size", .int(3))],
        gives: [.text(.float32, [2, 5], "1.83 0.113 -inf 0.505 -0.339 0.98 1.1 -0.735 -inf -0.705")])
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
