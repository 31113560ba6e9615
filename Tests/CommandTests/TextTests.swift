import Tensors
import Testing

@testable import Command

@Suite struct TextTests {
  @Test func showsNumbersAsPrintfDoes() {
    let cases: [(Double, Int, String)] = [
      (0, 6, "0"), (-0.0, 6, "-0"), (1, 6, "1"), (-1.5, 6, "-1.5"), (0.1, 6, "0.1"), (123456, 6, "123456"),
      (1234567, 6, "1.23457e+06"), (0.0001, 6, "0.0001"), (0.00001, 6, "1e-05"), (0.000123456789, 6, "0.000123457"),
      (999999.5, 6, "1e+06"), (0.99999999, 6, "1"), (1e-300, 6, "1e-300"), (1.7976931348623157e308, 6, "1.79769e+308"),
      (.leastNonzeroMagnitude, 6, "4.94066e-324"), (2.2250738585072014e-308, 6, "2.22507e-308"),
      (1.0 / 3, 9, "0.333333333"),
      (100, 6, "100"), (1e5, 6, "100000"), (1e6, 6, "1e+06"), (12.5, 2, "12"), (13.5, 2, "14"), (.nan, 6, "nan"),
      (.infinity, 6, "inf"), (-.infinity, 6, "-inf"), (123456789, 9, "123456789"), (-65504, 6, "-65504"),
    ]
    for (number, digits, expected) in cases {
      var text: Text = []
      text.append(number: number, digits: digits)
      // A tie is rounded away from zero here, to even in C: 12.5 in two digits is the one case that tells.
      #expect(String(decoding: text, as: UTF8.self) == (number == 12.5 ? "13" : expected))
    }
  }

  @Test func showsDecimals() {
    let cases: [(Double, Int, String)] = [
      (0, 2, "0.00"), (1.005, 1, "1.0"), (1.25, 3, "1.250"), (-0.5, 1, "-0.5"), (-0.01, 1, "0.0"), (99.96, 1, "100.0"),
      (12345.6789, 0, "12346"), (1e16, 2, "1e+16"), (.nan, 2, "nan"),
    ]
    for (number, decimals, expected) in cases {
      var text: Text = []
      text.append(fixed: number, decimals: decimals)
      #expect(String(decoding: text, as: UTF8.self) == expected)
    }
  }

  @Test func showsBytes() {
    let cases: [(Int64, String)] = [
      (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (90_382_625, "90.4 MB"), (311_429_504, "311 MB"),
      (5_000_000_000, "5.0 GB"),
    ]
    for (count, expected) in cases {
      var text: Text = []
      text.append(byteCount: count)
      #expect(String(decoding: text, as: UTF8.self) == expected)
    }
  }

  @Test func readsNumbers() {
    let cases: [(Name, Double?)] = [
      ("1", 1), ("0.5", 0.5), ("1e-3", 1e-3), ("1e-7", 1e-7), ("5E2", 500), (".5", 0.5), ("1.", 1), ("-2.5e+1", -25),
      ("", nil), ("e5", nil), ("1e", nil), ("1.2.3", nil), ("x", nil), ("1 ", nil), ("-", nil), ("1e999", nil),
    ]
    for (text, expected) in cases { #expect(text.number == expected, "\(text.text)") }
    let integers: [(Name, Int64?)] = [
      ("0", 0), ("-12", -12), ("9223372036854775807", .max), ("-9223372036854775808", .min),
      ("9223372036854775808", nil), ("", nil), ("-", nil), ("1.0", nil), ("+1", nil),
    ]
    for (text, expected) in integers { #expect(text.integer == expected, "\(text.text)") }
  }

  @Test func writesJSON() throws {
    var json = JSON()
    try json.object { (json) throws(RuntimeError) in
      json.key("text")
      json.string(Name(Array("a\"b\\c\n\u{1}ö".utf8) + [0xff]))
      json.key("list")
      try json.array { (json) throws(RuntimeError) in
        json.integer(Int64.min)
        json.unsigned(.max)
        json.number(Float(0.1))
        json.number(Double.nan)
        json.number(-Float.infinity)
        json.fixed(1.5, decimals: 2)
        json.bool(true)
        json.null()
        try json.object { _ in }
        try json.array { _ in }
      }
    }
    #expect(
      String(decoding: json.bytes, as: UTF8.self)
        == #"{"text":"a\"b\\c\n\u0001ö�","list":[-9223372036854775808,18446744073709551615,0.1,"nan","-inf","#
        + #"1.50,true,null,{},[]]}"#)
  }

  @Test func alignsColumns() {
    var table = Table(alignsRight: [false, true], header: ["name", "n"])
    table.add([Array("größe".utf8), Array("1".utf8)])
    table.add([Array("x".utf8), Array("200".utf8)])
    #expect(String(decoding: table.text(indent: 1), as: UTF8.self) == " name     n\n größe    1\n x      200\n")
  }

  @Test func takesPathsApart() {
    let directories: [(Name, Name)] = [("a/b", "a"), ("a", "."), ("/a", "/"), ("a/b/c.onnx", "a/b")]
    for (path, directory) in directories { #expect(path.directory == directory) }
    let parts: [(Name, Name)] = [("a/b", "b"), ("a", "a"), ("a/b/", "b"), ("/", "/"), ("/a", "a")]
    for (path, part) in parts { #expect(path.lastPart == part) }
    let joined: [(Name, Name, Name)] = [
      ("a", "b", "a/b"), ("a/", "b", "a/b"), (".", "b", "b"), ("a", "/b", "/b"), ("/", "b", "/b"),
    ]
    for (directory, part, path) in joined { #expect(directory.joined(part) == path) }
    let files: [(Name, Name)] = [("y", "y"), ("../x", "_.._x"), ("a/b:0", "a_b_0"), ("", "_"), ("-o", "_-o")]
    for (name, file) in files { #expect(name.asFileName == file) }
  }

  /// A file's names must not steer the terminal.
  @Test func hidesControlCharacters() {
    var text: Text = []
    text.append(name: "a\u{1b}[2Jb\n")
    #expect(String(decoding: text, as: UTF8.self) == "a?[2Jb?")
  }
}
