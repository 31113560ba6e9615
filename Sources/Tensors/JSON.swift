/// Writes JSON, a value after the other; commas come by themselves.
public struct JSON {
  public private(set) var bytes: [UInt8] = []
  private var needsComma = false

  public init() {}

  public mutating func object<E: Error>(_ body: (inout JSON) throws(E) -> Void) throws(E) {
    try nested("{", "}", body)
  }

  public mutating func array<E: Error>(_ body: (inout JSON) throws(E) -> Void) throws(E) {
    try nested("[", "]", body)
  }

  public mutating func key(_ name: Name) {
    string(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// Text, with what is not UTF-8 replaced.
  public mutating func string(_ text: Name) {
    comma()
    bytes.append(UInt8(ascii: "\""))
    for byte in text.wellFormed.bytes {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case UInt8(ascii: "\n"): bytes.append(text: "\\n")
      case 0..<32, 127:
        bytes.append(text: "\\u00")
        for figure in [byte >> 4, byte & 15] {
          bytes.append(figure < 10 ? UInt8(ascii: "0") + figure : UInt8(ascii: "a") + figure - 10)
        }
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  public mutating func integer(_ value: Int) {
    comma()
    bytes.append(decimal: value)
  }

  public mutating func bool(_ value: Bool) { literal(value ? "true" : "false") }

  public mutating func null() { literal("null") }

  public mutating func literal(_ text: StaticString) { literal(Name(text).bytes) }

  /// A value that is JSON already.
  public mutating func literal(_ text: [UInt8]) {
    comma()
    bytes += text
  }

  private mutating func comma() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  private mutating func nested<E: Error>(
    _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSON) throws(E) -> Void
  ) throws(E) {
    comma()
    bytes.append(UInt8(ascii: open))
    needsComma = false
    try body(&self)
    bytes.append(UInt8(ascii: close))
    needsComma = true
  }
}
