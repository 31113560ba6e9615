import Tensors

/// Paths are names: bytes with `/` between the parts.
extension Name {
  private static let slash = UInt8(ascii: "/")

  /// What stands before the last `/`; `.` where there is none.
  var directory: Name {
    guard let i = bytes.lastIndex(of: Name.slash) else { return "." }
    return i == 0 ? "/" : Name(Array(bytes[..<i]))
  }

  /// What stands behind the last `/`, those at the end left out.
  var lastPart: Name {
    var parts = bytes[...]
    while parts.count > 1, parts.last == Name.slash { parts = parts.dropLast() }
    guard let i = parts.lastIndex(of: Name.slash), parts.count > 1 else { return Name(Array(parts)) }
    return Name(Array(parts[(i + 1)...]))
  }

  /// The path of `part` inside this directory; an absolute `part` stays what it is.
  func joined(_ part: Name) -> Name {
    if bytes.isEmpty || bytes == [UInt8(ascii: ".")] || part.bytes.first == Name.slash { return part }
    return Name(bytes + (bytes.last == Name.slash ? [] : [Name.slash]) + part.bytes)
  }

  /// This as the name of one file: letters, digits, `.`, `-` and `_`, all else `_`.
  var asFileName: Name {
    var safe = bytes.map { byte in
      switch byte {
      case 48...57, 65...90, 97...122, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): byte
      default: UInt8(ascii: "_")
      }
    }
    if safe.isEmpty || safe[0] == UInt8(ascii: ".") || safe[0] == UInt8(ascii: "-") {
      safe.insert(UInt8(ascii: "_"), at: 0)
    }
    return Name(Array(safe.prefix(200)))
  }
}
