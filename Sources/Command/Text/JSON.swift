import Tensors

/// Writes JSON, a value after the other; commas come by themselves.
struct JSON {
  private(set) var bytes: Text = []
  private var needsComma = false

  mutating func object(_ body: (inout JSON) throws(RuntimeError) -> Void) throws(RuntimeError) {
    try nested("{", "}", body)
  }

  mutating func array(_ body: (inout JSON) throws(RuntimeError) -> Void) throws(RuntimeError) {
    try nested("[", "]", body)
  }

  mutating func key(_ name: Name) {
    string(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// Text, with what is not UTF-8 replaced.
  mutating func string(_ text: Name) {
    comma()
    bytes.append(UInt8(ascii: "\""))
    for byte in text.text.utf8 {
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

  mutating func integer(_ value: Int) { integer(Int64(value)) }

  mutating func integer(_ value: Int64) {
    comma()
    bytes.append(integer: value)
  }

  mutating func unsigned(_ value: UInt64) {
    comma()
    bytes.append(unsigned: value)
  }

  /// A number in the fewest digits that mean it; what JSON cannot say is a string: `"nan"`, `"inf"`, `"-inf"`.
  mutating func number(_ value: Double) { number(value.isFinite, value.description) }

  mutating func number(_ value: Float) { number(value.isFinite, value.description) }

  /// A number rounded to so many decimals.
  mutating func fixed(_ value: Double, decimals: Int) {
    comma()
    bytes.append(fixed: value, decimals: decimals)
  }

  mutating func bool(_ value: Bool) {
    comma()
    bytes.append(text: value ? "true" : "false")
  }

  mutating func null() {
    comma()
    bytes.append(text: "null")
  }

  private mutating func number(_ isFinite: Bool, _ description: String) {
    guard isFinite else { return string(Name(text: description)) }
    comma()
    bytes += Array(description.utf8)
  }

  private mutating func comma() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  private mutating func nested(
    _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSON) throws(RuntimeError) -> Void
  ) throws(RuntimeError) {
    comma()
    bytes.append(UInt8(ascii: open))
    needsComma = false
    try body(&self)
    bytes.append(UInt8(ascii: close))
    needsComma = true
  }
}
