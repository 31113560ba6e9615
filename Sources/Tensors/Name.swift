/// An identifier from a model (a value, a node, an operator, a domain) or one string element, as UTF-8 bytes.
///
/// Bytes, not `String`: comparing `String`s by Unicode's rules links 80 kB of normalisation tables into the wasm file.
public struct Name: Hashable, Sendable {
  public var bytes: [UInt8]

  public init(_ bytes: [UInt8] = []) { self.bytes = bytes }

  public init(_ text: StaticString) {
    bytes = text.withUTF8Buffer { Array($0) }
  }

  public var isEmpty: Bool { bytes.isEmpty }

  /// The name as text, for messages and the Swift API.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  public static func == (a: Name, b: StaticString) -> Bool {
    b.withUTF8Buffer { literal in
      guard literal.count == a.bytes.count else { return false }
      for i in 0..<literal.count where literal[i] != a.bytes[i] { return false }
      return true
    }
  }

  public static func + (a: Name, b: Name) -> Name { Name(a.bytes + b.bytes) }
}

extension Name: ExpressibleByStringLiteral {
  public init(stringLiteral text: StaticString) { self.init(text) }
}

extension Name {
  /// A name from text made at run time.
  public init(text: String) { bytes = Array(text.utf8) }
}
