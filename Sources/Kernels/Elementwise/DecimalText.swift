import Tensors

/// Writes every element of a number or bool tensor as text: integers in full, true as `1`, floats as C's `%.8g` does, and
/// `NaN`, `INF`, `-INF`.
public func castToText(_ x: Tensor, into out: Tensor) {
  assert(out.type == .string && x.count == out.count)
  let row = x.type.rowType!
  Tile.with { tile in
    for i in 0..<x.count {
      Tile.load(x.type, x.bytes, first: i, count: 1, as: row == .f32 ? .f64 : row, into: tile)
      var text: [UInt8] = []
      switch row {
      case .f32, .f64: text.append(number: tile.load(as: Double.self), digits: 8)
      case .i64:
        let value = tile.load(as: Int64.self)
        if value < 0 { text.append(UInt8(ascii: "-")) }
        text.append(magnitude: value.magnitude)
      case .u64: text.append(magnitude: tile.load(as: UInt64.self))
      }
      out.storage.strings[i] = Name(text)
    }
  }
}

/// Reads every string as a number of the type of `out`, and answers the first one that is none.
public func castFromText(_ x: Tensor, into out: Tensor) -> Int? {
  assert(x.type == .string && x.count == out.count)
  return Tile.with { tile in
    for i in 0..<x.count {
      let text = x.storage.strings[i].bytes
      if out.type.rowType == .i64 || out.type.rowType == .u64, let integer = integer(text) {
        tile.storeBytes(of: out.type == .bool && integer != 0 ? 1 : integer, as: UInt64.self)
      } else if let number = double(text, toOdd: out.type.rowType == .f32) {
        tile.storeBytes(of: number, as: Double.self)
        Tile.convert(tile, 1, from: .f64, to: out.type.rowType!)
      } else {
        return i
      }
      Tile.store(tile, as: out.type, to: out.bytes, first: i, count: 1)
    }
    return nil
  }
}

extension [UInt8] {
  fileprivate mutating func append(magnitude value: UInt64) {
    var digits: [UInt8] = []
    var rest = value
    repeat {
      digits.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    self += digits.reversed()
  }

  /// As C's `%.<digits>g`, from the exact decimal expansion.
  fileprivate mutating func append(number value: Double, digits precision: Int) {
    if value.isNaN { return append(text: "NaN") }
    if value.sign == .minus { append(UInt8(ascii: "-")) }
    if value.isInfinite { return append(text: "INF") }
    if value == 0 { return append(UInt8(ascii: "0")) }
    // value = significand * 2^shift, and 2^-n = 5^n * 10^-n.
    var significand = value.significandBitPattern | (value.isNormal ? 1 << 52 : 0)
    var shift = Int(Swift.max(value.exponentBitPattern, 1)) - 1075
    while significand & 1 == 0 {
      significand >>= 1
      shift += 1
    }
    var number = LargeNumber(base: 1_000_000_000, significand)
    for _ in 0..<abs(shift) { number.multiply(by: shift < 0 ? 5 : 2) }
    var digits = number.decimalDigits
    // The power of ten of the first digit.
    var exponent = digits.count - 1 + Swift.min(shift, 0)
    if digits.count > precision {
      let isAbove = digits[precision] > 5 || digits[precision] == 5 && digits[(precision + 1)...].contains { $0 != 0 }
      let isTie = digits[precision] == 5 && !isAbove
      let goesUp = isAbove || isTie && digits[precision - 1] & 1 == 1
      digits.removeLast(digits.count - precision)
      if goesUp {
        var i = precision - 1
        while i >= 0, digits[i] == 9 {
          digits[i] = 0
          i -= 1
        }
        if i >= 0 {
          digits[i] += 1
        } else {
          digits = [1]
          exponent += 1
        }
      }
    }
    while digits.last == 0 { digits.removeLast() }
    let isScientific = exponent < -4 || exponent >= precision
    // Digits before the point.
    let whole = isScientific ? 1 : exponent + 1
    if whole <= 0 {
      append(text: "0.")
      for _ in whole..<0 { append(UInt8(ascii: "0")) }
    }
    for i in 0..<Swift.max(digits.count, whole) {
      if i == whole, i > 0 { append(UInt8(ascii: ".")) }
      append(UInt8(ascii: "0") + (i < digits.count ? digits[i] : 0))
    }
    guard isScientific else { return }
    append(text: exponent < 0 ? "e-" : "e+")
    if abs(exponent) < 10 { append(UInt8(ascii: "0")) }
    append(magnitude: UInt64(abs(exponent)))
  }
}

/// The integer that a text is, in two's complement; `nil` where it is something else.
private func integer(_ text: [UInt8]) -> UInt64? {
  var value: UInt64 = 0
  let sign = text.first == UInt8(ascii: "-") || text.first == UInt8(ascii: "+") ? 1 : 0
  guard text.count > sign else { return nil }
  for byte in text[sign...] {
    guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
    value = value &* 10 &+ UInt64(byte - UInt8(ascii: "0"))
  }
  return text.first == UInt8(ascii: "-") ? 0 &- value : value
}

/// The double nearest to a text like `-1.5e-3`, or `NaN`, `INF`, `infinity` in any case. With `toOdd` an inexact result has
/// an odd last bit, so that rounding it once more does no harm.
private func double(_ text: [UInt8], toOdd: Bool) -> Double? {
  var rest = text[...]
  var isNegative = false
  if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
    isNegative = sign == UInt8(ascii: "-")
    rest.removeFirst()
  }
  let word = Name(rest.map { $0 >= 65 && $0 <= 90 ? $0 + 32 : $0 })
  if word == "nan" { return .nan }
  if word == "inf" || word == "infinity" { return isNegative ? -.infinity : .infinity }

  // digits * 10^exponent; digits beyond any that a double can tell apart only say whether there is more.
  var number = LargeNumber(base: 1 << 32, 0)
  var (digitCount, exponent, hasDigits, hasPoint, isInexact) = (0, 0, false, false, false)
  while let byte = rest.first, byte == UInt8(ascii: ".") && !hasPoint || byte >= 48 && byte <= 57 {
    rest.removeFirst()
    if byte == UInt8(ascii: ".") {
      hasPoint = true
      continue
    }
    hasDigits = true
    if hasPoint { exponent -= 1 }
    if digitCount < 800 {
      number.multiply(by: 10, adding: UInt64(byte - 48))
      if digitCount > 0 || byte != 48 { digitCount += 1 }
    } else {
      exponent += 1
      isInexact = isInexact || byte != 48
    }
  }
  guard hasDigits else { return nil }
  if let e = rest.first, e == UInt8(ascii: "e") || e == UInt8(ascii: "E") {
    guard let given = integer(Array(rest.dropFirst())) else { return nil }
    exponent += Int(max(min(Int64(bitPattern: given), 100_000), -100_000))
  } else if !rest.isEmpty {
    return nil
  }
  let sign: Double = isNegative ? -1 : 1
  if number.isZero || digitCount + exponent < -330 { return sign * 0 }
  if digitCount + exponent > 310 { return sign * .infinity }

  // significand * 2^shift with at least 66 bits, so that what is cut off below decides the rounding.
  var shift = 0
  if exponent > 0 {
    for _ in 0..<exponent { number.multiply(by: 10) }
  } else if exponent < 0 {
    let words = (-exponent * 10 / 3 + 100) / 32
    number.shiftLeft(words: words)
    shift = -32 * words
    for _ in exponent..<0 { isInexact = number.divide(by: 10) != 0 || isInexact }
  }
  let bits = number.bitWidth
  // A subnormal result has fewer bits, none of them below 2^-1074.
  let kept = min(53, bits + shift + 1074)
  let drop = bits - kept
  if kept < 0 { return sign * 0 }
  var significand = drop > 0 ? number.bits(from: drop, count: kept) : number.bits(from: 0, count: bits)
  if drop > 0 {
    let half = number.bits(from: drop - 1, count: 1) == 1
    isInexact = number.hasBits(below: drop - 1) || isInexact
    if toOdd {
      if half || isInexact { significand |= 1 }
    } else if half, isInexact || significand & 1 == 1 {
      significand += 1
    }
  }
  let scale = shift + max(drop, 0)
  // In two steps, since 2^scale itself may be too small for a double.
  let low = max(scale, -1000)
  let power = Double(sign: .plus, exponent: low, significand: 1)
  return sign * Double(significand) * power * Double(sign: .plus, exponent: scale - low, significand: 1)
}

/// A natural number of any size, the least digit first.
private struct LargeNumber {
  let base: UInt64
  private var digits: [UInt64]

  init(base: UInt64, _ value: UInt64) {
    self.base = base
    digits = [value % base]
    var rest = value / base
    while rest > 0 {
      digits.append(rest % base)
      rest /= base
    }
  }

  var isZero: Bool { digits.allSatisfy { $0 == 0 } }

  mutating func multiply(by factor: UInt64, adding carry: UInt64 = 0) {
    var carry = carry
    for i in 0..<digits.count {
      let product = digits[i] * factor + carry
      digits[i] = product % base
      carry = product / base
    }
    if carry > 0 { digits.append(carry) }
  }

  /// Leaves the quotient and answers the remainder.
  mutating func divide(by divisor: UInt64) -> UInt64 {
    var rest: UInt64 = 0
    for i in (0..<digits.count).reversed() {
      let value = rest * base + digits[i]
      digits[i] = value / divisor
      rest = value % divisor
    }
    while digits.count > 1, digits.last == 0 { digits.removeLast() }
    return rest
  }

  mutating func shiftLeft(words: Int) { digits = [UInt64](repeating: 0, count: words) + digits }

  /// For base 10^9: the decimal digits, the greatest first.
  var decimalDigits: [UInt8] {
    var result: [UInt8] = []
    for (i, digit) in digits.enumerated() {
      var rest = digit
      for _ in 0..<9 where i < digits.count - 1 || rest > 0 {
        result.append(UInt8(rest % 10))
        rest /= 10
      }
    }
    result.reverse()
    return result
  }

  // For base 2^32:

  var bitWidth: Int { digits.count * 32 - (digits.last! << 32).leadingZeroBitCount }

  /// Up to 64 bits.
  func bits(from start: Int, count: Int) -> UInt64 {
    var value: UInt64 = 0
    for i in 0..<count {
      let bit = start + i
      value |= (digits[bit / 32] >> UInt64(bit % 32) & 1) << UInt64(i)
    }
    return value
  }

  func hasBits(below end: Int) -> Bool {
    var i = 0
    while i < end {
      if digits[i / 32] >> UInt64(i % 32) & 1 == 1 { return true }
      i += 1
    }
    return false
  }
}
