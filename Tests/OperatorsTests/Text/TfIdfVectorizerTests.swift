import Apus
import Tensors
import TestSupport
import Testing

@Suite struct TfIdfVectorizerTests {
  private func attributes(
    _ mode: Name, _ lengths: (Int64, Int64), skip: Int64, weights: [Float]? = nil,
    pool: [Int64] = [2, 3, 5, 4, 5, 6, 7, 8, 6, 7]
  ) -> [(String, AttributeProto.Value)] {
    var list: [(String, AttributeProto.Value)] = [
      ("mode", .string(mode)), ("min_gram_length", .int(lengths.0)), ("max_gram_length", .int(lengths.1)),
      ("max_skip_count", .int(skip)), ("ngram_counts", .ints([0, 4])), ("ngram_indexes", .ints([0, 1, 2, 3, 4, 5, 6])),
      ("pool_int64s", .ints(pool)),
    ]
    if let weights { list.append(("weights", .floats(weights))) }
    return list
  }

  @Test func counts() {
    let text = Tensor.int32([12], [1, 1, 3, 3, 3, 7, 8, 6, 7, 5, 6, 8])
    check([
      Case(
        "pairs", "TfIdfVectorizer", [text], attributes("TF", (2, 2), skip: 0),
        gives: [.float32([7], [0, 0, 0, 0, 1, 1, 1])]),
      Case(
        "pairs with others between", "TfIdfVectorizer", [text], attributes("TF", (2, 2), skip: 5),
        gives: [.float32([7], [0, 0, 0, 0, 1, 3, 1])]),
      Case(
        "single items are not skipped", "TfIdfVectorizer", [text], attributes("TF", (1, 2), skip: 5),
        gives: [.float32([7], [0, 3, 1, 0, 1, 3, 1])]),
      Case(
        "of rows", "TfIdfVectorizer", [text.reshaped([2, 6])], attributes("TF", (2, 2), skip: 0),
        gives: [.float32([2, 7], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1])]),
      Case(
        "once and weighted", "TfIdfVectorizer", [text],
        attributes("IDF", (1, 2), skip: 5, weights: [1, 2, 3, 4, 5, 6, 7]),
        gives: [.float32([7], [0, 2, 3, 0, 5, 6, 7])]),
      Case(
        "counted and weighted", "TfIdfVectorizer", [text],
        attributes("TFIDF", (1, 2), skip: 5, weights: [1, 2, 3, 4, 5, 6, 7]),
        gives: [.float32([7], [0, 6, 3, 0, 5, 18, 7])]),
      Case(
        "of words", "TfIdfVectorizer", [.strings([4], ["a", "b", "ab", "a"])],
        [
          ("mode", .string("TF")), ("min_gram_length", .int(1)), ("max_gram_length", .int(2)),
          ("max_skip_count", .int(0)), ("ngram_counts", .ints([0, 2])), ("ngram_indexes", .ints([0, 3, 1])),
          ("pool_strings", .strings(["a", "b", "a", "b"])),
        ],
        gives: [.float32([4], [2, 1, 0, 1])]),
      Case(
        "too short for a pair", "TfIdfVectorizer", [.int64([1], [5])], attributes("TF", (2, 2), skip: 3),
        gives: [.float32([7], [0, 0, 0, 0, 0, 0, 0])]),
    ])
  }

  @Test func errors() {
    let text = Tensor.int64([1], [1])
    checkError(
      Case("pool", "TfIdfVectorizer", [text], attributes("TF", (2, 2), skip: 0, pool: [1, 2, 3]), gives: [text]),
      contains: "ngram_counts must begin lists")
    checkError(
      Case("mode", "TfIdfVectorizer", [text], attributes("TFX", (1, 1), skip: 0), gives: [text]),
      contains: "mode must be", "'TFX'")
    checkError(
      Case("type", "TfIdfVectorizer", [.strings([1], ["a"])], attributes("TF", (1, 1), skip: 0), gives: [text]),
      contains: "input 0 may not be of type string")
  }
}
