import Tensors
import TestSupport
import Testing

@Suite struct RegexFullMatchTests {
  /// A pattern, what it matches whole, and what it does not.
  private let patterns: [(String, [String], [String])] = [
    ("", [""], ["a"]),
    ("abc", ["abc"], ["ab", "abcd", "xabc"]),
    ("a|bc|", ["a", "bc", ""], ["abc", "b"]),
    ("(a|b)*c+", ["c", "abacc"], ["ab", "cab"]),
    ("a{2}b{1,3}c{2,}", ["aabcc", "aabbbccc"], ["abcc", "aabbbbcc", "aabc"]),
    ("a{,2}", ["a{,2}"], ["aa"]),
    ("(?:ab?)+?", ["a", "abaab"], ["b", ""]),
    ("(a*)*", ["", "aaaa"], ["b"]),
    ("(|a)+", ["", "aa"], ["b"]),
    ("[a-cx-]+", ["abcx-"], ["d"]),
    ("[^a-c\\]]", ["d", "ß"], ["a", "]"]),
    ("[]a]+", ["]a]"], ["b"]),
    ("[\\d\\s]+", ["1 2"], ["a"]),
    ("[^\\W\\d]", ["a", "_"], ["1", " "]),
    ("[[:alpha:][:^print:]]+", ["aB\u{1}"], ["1"]),
    ("\\w+@\\w+\\.(com|org)", ["account@mail.com"], ["account@mail", "@x.com"]),
    (".", ["a", "é", "日", "🙂"], ["", "\n", "ab"]),
    ("(?s).", ["\n"], [""]),
    ("(?i)straße|ÄÖ", ["STRAßE", "äö"], ["strasse"]),
    ("(?i:a)b", ["Ab"], ["AB"]),
    ("(?i)[^a]", ["b"], ["A"]),
    ("^a$", ["a"], ["a\n"]),
    ("(?m)a$\\n^b", ["a\nb"], ["a b"]),
    ("\\Aa\\bb?\\z", ["a"], ["ab"]),
    ("a\\Bb", ["ab"], ["a b"]),
    ("\\x41\\x{1F642}\\101\\t\\.", ["A🙂A\t."], ["A"]),
    ("\\Qa.b*\\E+", ["a.b*", "a.b**"], ["aXb"]),
    ("(?P<year>\\d{4})-(?<month>\\d\\d)", ["2024-11"], ["24-11"]),
  ]

  @Test func matches() {
    for (pattern, whole, others) in patterns {
      let texts = whole + others
      check([
        Case(
          "'\(pattern)'", "RegexFullMatch", [.strings([texts.count], texts)],
          [("pattern", .string(Name(text: pattern)))],
          gives: [.bool([texts.count], texts.indices.map { $0 < whole.count })])
      ])
    }
  }

  @Test func badPatterns() {
    let expected: [(String, String)] = [
      ("(a", "a ( without a )"), ("a)", "a ) without a ("), ("*a", "repeats nothing"), ("a**", "repeats a repetition"),
      ("a{1001}", "more often than 1000"), ("a{3,2}", "less than"), ("[b-a]", "ends before it begins"),
      ("[a", "ends too early"), ("\\1", "refers back"), ("(?=a)", "looks around"), ("(?<=a)", "looks behind"),
      ("\\pL", "escape that is not known"), ("[[:what:]]", "named set"), ("\\", "ends too early"),
      ("\\x{110000}", "hexadecimal"), (String(repeating: "(", count: 2000), "too deep"),
      ("((a{100}){100}){100}", "more than 20000 states"), ("((){1000}){1000}", "more than 20000 states"),
    ]
    for (pattern, message) in expected {
      checkError(
        Case(
          "'\(pattern.prefix(20))'", "RegexFullMatch", [.strings([1], [""])],
          [("pattern", .string(Name(text: pattern)))], gives: [.bool([1], [false])]), contains: message)
    }
  }

  /// Patterns that take exponential time where choices are tried one after the other.
  @Test func timeIsLinear() {
    let text = String(repeating: "a", count: 20_000) + "b"
    for pattern in ["(a*)*", "(a|a)*", "(a|aa)+", "((a+)+)+", "a?a?a?a?a?a?a?a?(a*)*(a*)*"] {
      let clock = ContinuousClock()
      let time = clock.measure {
        check([
          Case(
            pattern, "RegexFullMatch", [.strings([1], [text])], [("pattern", .string(Name(text: pattern)))],
            gives: [.bool([1], [false])])
        ])
      }
      #expect(time < .seconds(20), "\(pattern) took \(time)")
    }
  }
}
