import Tensors

/// Text as it is made, in UTF-8: Embedded Swift's `String` costs tables that a command does not need.
typealias Text = [UInt8]

extension Text {
  /// A name from a model or the command line. Control characters are shown as `?`: a file must not steer the terminal.
  mutating func append(name: Name) {
    for byte in name.bytes { append(byte < 32 || byte == 127 ? UInt8(ascii: "?") : byte) }
  }

  /// A name in quotes.
  mutating func append(quoted name: Name) {
    append(UInt8(ascii: "'"))
    append(name: name)
    append(UInt8(ascii: "'"))
  }

  /// A number with so many significant digits at most (up to 9), as C's `%g` shows it.
  mutating func append(number: Double, digits: Int = 6) {
    if number.isNaN { return append(text: "nan") }
    if number.sign == .minus { append(UInt8(ascii: "-")) }
    let magnitude = number.magnitude
    if magnitude.isInfinite { return append(text: "inf") }
    if magnitude == 0 { return append(UInt8(ascii: "0")) }
    var (mantissa, exponent) = magnitude.decimal(digits: digits)
    var count = digits
    while count > 1, mantissa % 10 == 0 {
      mantissa /= 10
      count -= 1
    }
    var figures: Text = []
    figures.append(decimal: mantissa)
    if exponent < -4 || exponent >= digits {
      append(figures[0])
      if count > 1 { append(UInt8(ascii: ".")) }
      self += figures[1...]
      append(text: exponent < 0 ? "e-" : "e+")
      if exponent.magnitude < 10 { append(UInt8(ascii: "0")) }
      append(decimal: Int(exponent.magnitude))
    } else if exponent < 0 {
      append(text: "0.")
      self += Text(repeating: UInt8(ascii: "0"), count: -exponent - 1)
      self += figures
    } else {
      for (i, figure) in figures.enumerated() {
        if i == exponent + 1 { append(UInt8(ascii: ".")) }
        append(figure)
      }
      if count <= exponent { self += Text(repeating: UInt8(ascii: "0"), count: exponent + 1 - count) }
    }
  }

  /// A number with exactly so many decimals.
  mutating func append(fixed number: Double, decimals: Int) {
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (number.magnitude * scale).rounded()
    guard scaled < 1e15 else { return append(number: number) }
    if number < 0, scaled > 0 { append(UInt8(ascii: "-")) }
    let whole = Int64(scaled) / Int64(scale)
    var rest = Int64(scaled) % Int64(scale)
    append(integer: whole)
    if decimals == 0 { return }
    append(UInt8(ascii: "."))
    var figures = Text(repeating: UInt8(ascii: "0"), count: decimals)
    for i in figures.indices.reversed() {
      figures[i] += UInt8(rest % 10)
      rest /= 10
    }
    self += figures
  }

  /// A 64-bit integer, also where `Int` has 32.
  mutating func append(integer: Int64) {
    if integer < 0 { append(UInt8(ascii: "-")) }
    append(unsigned: integer.magnitude)
  }

  mutating func append(unsigned: UInt64) {
    var figures: Text = []
    var rest = unsigned
    repeat {
      figures.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    self += figures.reversed()
  }

  /// A number of bytes in the unit that suits it: `812 B`, `90.3 MB`.
  mutating func append(byteCount: Int64) {
    if byteCount < 1000 {
      append(integer: byteCount)
      return append(text: " B")
    }
    let units: [StaticString] = [" kB", " MB", " GB", " TB"]
    var size = Double(byteCount) / 1000
    var unit = 0
    while size >= 1000, unit < units.count - 1 {
      size /= 1000
      unit += 1
    }
    append(fixed: size, decimals: size < 100 ? 1 : 0)
    append(text: units[unit])
  }
}

extension Double {
  /// `digits` decimal figures and the power of ten of the first, for a positive finite number.
  fileprivate func decimal(digits: Int) -> (mantissa: Int, exponent: Int) {
    var value = self
    var exponent = 0
    // Subnormal numbers first, so that the scale itself stays finite.
    if value < 1e-280 {
      value *= 1e100
      exponent -= 100
    }
    var step = 256
    while step > 0 {
      let power = Double.powerOfTen(step)
      if value >= power {
        value /= power
        exponent += step
      } else if value * power < 10 {
        value *= power
        exponent -= step
      }
      step /= 2
    }
    var limit = 1.0
    for _ in 0..<digits { limit *= 10 }
    var scaled = (value * limit / 10).rounded()
    if scaled >= limit {
      scaled /= 10
      exponent += 1
    }
    return (Int(scaled), exponent)
  }

  private static func powerOfTen(_ exponent: Int) -> Double {
    var power = 1.0
    var base = 10.0
    var rest = exponent
    while rest > 0 {
      if rest & 1 == 1 { power *= base }
      base *= base
      rest >>= 1
    }
    return power
  }
}

extension Name {
  /// The whole name as a decimal integer, or nil.
  var integer: Int64? {
    var digits = bytes[...]
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative { digits = digits.dropFirst() }
    if digits.isEmpty { return nil }
    var value: Int64 = 0
    for byte in digits {
      guard byte >= 48, byte <= 57 else { return nil }
      let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow) = product.subtractingReportingOverflow(Int64(byte - 48))
      if overflowed || overflow { return nil }
      value = sum
    }
    if isNegative { return value }
    return value == .min ? nil : -value
  }

  /// The whole name as a decimal number (`1e-3`, `0.5`), or nil.
  var number: Double? {
    var mantissa = 0.0
    var exponent = 0
    var hasDigits = false
    var hasPoint = false
    var i = 0
    let isNegative = bytes.first == UInt8(ascii: "-")
    if isNegative { i = 1 }
    while i < bytes.count {
      let byte = bytes[i]
      if byte >= 48, byte <= 57 {
        mantissa = mantissa * 10 + Double(byte - 48)
        if hasPoint { exponent -= 1 }
        hasDigits = true
      } else if byte == UInt8(ascii: "."), !hasPoint {
        hasPoint = true
      } else if byte | 32 == UInt8(ascii: "e"), hasDigits {
        var rest = Array(bytes[(i + 1)...])
        if rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        guard let power = Name(rest).integer, power.magnitude < 400 else { return nil }
        exponent += Int(power)
        break
      } else {
        return nil
      }
      i += 1
    }
    guard hasDigits else { return nil }
    // Dividing by an exact power of ten keeps `1e-3` what a compiler makes of it.
    while exponent > 0 {
      mantissa *= 10
      exponent -= 1
    }
    var divisor = 1.0
    while exponent < 0 {
      divisor *= 10
      exponent += 1
    }
    return (isNegative ? -1 : 1) * mantissa / divisor
  }

  /// The parts before and after the first `byte`, or nil where there is none.
  func split(at byte: UInt8) -> (Name, Name)? {
    guard let i = bytes.firstIndex(of: byte) else { return nil }
    return (Name(Array(bytes[..<i])), Name(Array(bytes[(i + 1)...])))
  }

  func hasSuffix(_ suffix: StaticString) -> Bool {
    suffix.withUTF8Buffer { $0.count <= bytes.count && bytes.suffix($0.count).elementsEqual($0) }
  }

  func hasPrefix(_ prefix: StaticString) -> Bool {
    prefix.withUTF8Buffer { $0.count <= bytes.count && bytes.prefix($0.count).elementsEqual($0) }
  }
}
