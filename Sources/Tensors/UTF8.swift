extension Name {
  /// The same text with U+FFFD for every part that is not UTF-8, cut as the Encoding Standard cuts them.
  public var wellFormed: Name {
    guard bytes.contains(where: { $0 >= 0x80 }) else { return self }
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var at = 0
    while at < bytes.count {
      var (left, range) = followers(of: bytes[at])
      var end = at + 1
      while left > 0, end < bytes.count, range.contains(bytes[end]) {
        end += 1
        left -= 1
        range = 0x80..<0xc0
      }
      if left == 0 { out += bytes[at..<end] } else { out += [0xef, 0xbf, 0xbd] }
      at = end
    }
    return Name(out)
  }
}

/// How many bytes must follow `lead`, and where the first of them must lie, which keeps out overlong forms, surrogates
/// and what is above U+10FFFF. What leads nothing lacks its followers.
private func followers(of lead: UInt8) -> (count: Int, first: Range<UInt8>) {
  switch lead {
  case 0x00...0x7f: (0, 0x80..<0xc0)
  case 0xc2...0xdf: (1, 0x80..<0xc0)
  case 0xe0: (2, 0xa0..<0xc0)
  case 0xed: (2, 0x80..<0xa0)
  case 0xe1...0xef: (2, 0x80..<0xc0)
  case 0xf0: (3, 0x90..<0xc0)
  case 0xf1...0xf3: (3, 0x80..<0xc0)
  case 0xf4: (3, 0x80..<0x90)
  default: (4, 0..<0)
  }
}
