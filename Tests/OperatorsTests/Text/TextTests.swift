import Apus
import TestSupport
import Testing

@Suite struct TextTests {
  /// The hashes of the algorithm's authors.
  @Test func murmur() {
    func hash(_ name: String, _ x: Tensor, _ seed: Int64, _ value: UInt32) -> Case {
      let bits = Tensor.of(.uint32, [1], [value])
      return Case(
        name, "MurmurHash3", domain: "com.microsoft", opset: 1, [x], [("seed", .int(seed))], gives: [bits])
    }
    check([
      hash("nothing", .strings([1], [""]), 0, 0), hash("nothing, seeded", .strings([1], [""]), 1, 0x514e_28b7),
      hash("words", .strings([1], ["test"]), 0, 0xba6b_d213),
      hash("a rest", .strings([1], ["Hello, world!"]), 0, 0xc036_3e43),
      hash("a rest of three", .strings([1], ["abc"]), 0, 0xb3dd_93fa),
      hash("int32", .int32([1], [0]), 0, 0x2362_f9de),
      hash("its bytes", .strings([1], ["aaaa"]), 0x9747b28c, 0x5a97_808a),
    ])
  }

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
