import Tensors

/// Upper and lower case of UTF-8, for the letters of Latin-1, Latin Extended-A, Greek and Cyrillic; others stay.
enum LetterCase {
  case upper, lower

  func converted(_ text: Name) -> Name {
    var result: [UInt8] = []
    result.reserveCapacity(text.bytes.count)
    var i = 0
    while i < text.bytes.count {
      let byte = text.bytes[i]
      if byte < 0x80 {
        result.append(UInt8(truncatingIfNeeded: converted(UInt32(byte))))
        i += 1
      } else if byte & 0xe0 == 0xc0, i + 1 < text.bytes.count {
        let scalar = converted(UInt32(byte & 0x1f) << 6 | UInt32(text.bytes[i + 1] & 0x3f))
        result.append(0xc0 | UInt8(truncatingIfNeeded: scalar >> 6))
        result.append(0x80 | UInt8(truncatingIfNeeded: scalar & 0x3f))
        i += 2
      } else {
        result.append(byte)
        i += 1
      }
    }
    return Name(result)
  }

  /// The other case is in the same range of one or two bytes for all of these.
  func converted(_ c: UInt32) -> UInt32 {
    let isUpper: Bool
    let distance: UInt32
    switch c {
    case 0x41...0x5a: (isUpper, distance) = (true, 32)
    case 0x61...0x7a: (isUpper, distance) = (false, 32)
    case 0xd7, 0xf7: return c
    case 0xc0...0xde: (isUpper, distance) = (true, 32)
    case 0xe0...0xfe: (isUpper, distance) = (false, 32)
    // Dotted and dotless i, kra and the like have no pair here.
    case 0x130, 0x131, 0x138, 0x149, 0x178, 0x17f: return c
    // Pairs side by side: the capital is even, but odd in the two stretches between the exceptions.
    case 0x139...0x148, 0x179...0x17e: (isUpper, distance) = (c & 1 == 1, 1)
    case 0x100...0x177: (isUpper, distance) = (c & 1 == 0, 1)
    case 0x391...0x3a1, 0x3a3...0x3ab: (isUpper, distance) = (true, 32)
    case 0x3b1...0x3c1, 0x3c3...0x3cb: (isUpper, distance) = (false, 32)
    case 0x410...0x42f: (isUpper, distance) = (true, 32)
    case 0x430...0x44f: (isUpper, distance) = (false, 32)
    case 0x400...0x40f: (isUpper, distance) = (true, 80)
    case 0x450...0x45f: (isUpper, distance) = (false, 80)
    default: return c
    }
    switch self {
    case .lower: return isUpper ? c + distance : c
    case .upper: return isUpper ? c : c - distance
    }
  }
}
