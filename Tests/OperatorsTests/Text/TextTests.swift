import Tensors
import TestSupport
import Testing

@Suite struct TextTests {
  @Test func concat() {
    check([
      Case(
        "broadcast", "StringConcat", [.strings([2, 1], ["a", "é"]), .strings([2], ["", "x"])],
        gives: [.strings([2, 2], ["a", "ax", "é", "éx"])])
    ])
  }

  @Test func split() {
    check([
      Case(
        "delimiter", "StringSplit", [.strings([3], ["a,b", ",", ""])], [("delimiter", .string(","))],
        gives: [.strings([3, 2], ["a", "b", "", "", "", ""]), .int64([3], [2, 2, 0])]),
      Case(
        "white space, at most once", "StringSplit", [.strings([1], ["  one two  three "])], [("maxsplit", .int(1))],
        gives: [.strings([1, 2], ["one", "two  three"]), .int64([1], [2])]),
    ])
  }

  @Test func normalizer() {
    check([
      Case(
        "stop words of any case", "StringNormalizer", [.strings([3], ["Monday", "TUESDAY", "Ärger"])],
        [("stopwords", .strings(["monday"])), ("case_change_action", .string("LOWER"))],
        gives: [.strings([2], ["tuesday", "ärger"])]),
      Case(
        "nothing left", "StringNormalizer", [.strings([1, 1], ["a"])],
        [("stopwords", .strings(["a"])), ("is_case_sensitive", .int(1))], gives: [.strings([1, 1], [""])]),
      Case(
        "upper", "StringNormalizer", [.strings([2], ["straße ÿ", "ωмž"])], [("case_change_action", .string("UPPER"))],
        gives: [.strings([2], ["STRAßE ÿ", "ΩМŽ"])]),
    ])
  }
}
