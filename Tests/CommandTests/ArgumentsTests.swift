import Tensors
import Testing

@testable import Command

@Suite struct ArgumentsTests {
  static let usage = Usage(
    "try", "Tries.", operands: "FILE", 1...2,
    options: [Usage.Option("--count", "N", "how many"), Usage.Option("--quiet", nil, "say little")])

  struct Case: CustomTestStringConvertible {
    let testDescription: String
    /// Operands, then each option with its value.
    let parsed: String

    init(_ line: String, _ parsed: String) {
      testDescription = line
      self.parsed = parsed
    }
  }

  static let cases = [
    Case("a", "a"),
    Case("a b", "a b"),
    Case("a --quiet", "a quiet"),
    Case("--quiet a", "a quiet"),
    Case("a --count 3", "a count=3"),
    Case("a --count=3", "a count=3"),
    Case("a --count=x=y", "a count=x=y"),
    Case("a --count= --quiet", "a count= quiet"),
    Case("a --count --quiet", "a count=--quiet"),
    Case("a --count 1 --count 2", "a count=1 count=2"),
    Case("-- --quiet", "--quiet"),
    Case("a -", "a -"),
    Case("", "'FILE' is missing"),
    Case("--quiet", "'FILE' is missing"),
    Case("a b c", "'c' is one too many"),
    Case("a --other", "unknown option '--other'"),
    Case("a -q", "unknown option '-q'"),
    Case("a --count", "option '--count' needs a value"),
    Case("a --quiet=yes", "option '--quiet' takes no value"),
  ]

  @Test(arguments: cases) func takesLinesApart(_ item: Case) {
    let words = item.testDescription.split(separator: " ").map { Name(text: String($0)) }
    var parsed: String
    do throws(RuntimeError) {
      let arguments = try Arguments(words, Self.usage)
      var parts = arguments.operands.map(\.text)
      parts += arguments.values("--count").map { "count=\($0.text)" }
      if arguments.has("--quiet") { parts.append("quiet") }
      parsed = parts.joined(separator: " ")
    } catch {
      parsed = error.message
    }
    #expect(parsed == item.parsed)
  }

  @Test func readsNumbers() throws {
    let cases: [(String, String)] = [
      ("3", "3"), ("10", "10"), ("0", "option '--count' must be 1 to 10, got '0'"),
      ("11", "option '--count' must be 1 to 10, got '11'"), ("", "option '--count' must be 1 to 10, got ''"),
      ("3x", "option '--count' must be 1 to 10, got '3x'"),
      ("99999999999999999999", "option '--count' must be 1 to 10, got '99999999999999999999'"),
    ]
    for (text, expected) in cases {
      var found: String
      do throws(RuntimeError) {
        let arguments = try Arguments(["a", "--count", Name(text: text)], Self.usage)
        found = "\(try arguments.integer("--count", 1...10) ?? -1)"
      } catch {
        found = error.message
      }
      #expect(found == expected)
    }
  }

  @Test func showsItsOptions() {
    let text = String(decoding: Self.usage.text, as: UTF8.self)
    #expect(
      text == """
        usage: apus try [option...] FILE

        Tries.

          --count N  how many
          --quiet    say little
          --help     show this

        """)
  }
}
