/// Arithmetic on two operands. Integers wrap around; a division by 0 answers 0, never a trap.
extension BinaryRows {
  public static var add: BinaryRows {
    BinaryRows(
      lanes: { eachLanes($0, $1, $2, $3, $4, $5) { $0 + $1 } },
      f64: { each($0, $1, $2, $3) { (a: Double, b) in a + b } }, i64: addIntegers, u64: addIntegers,
      i32: { each($0, $1, $2, $3) { (a: Int32, b) in a &+ b } })
  }

  public static var subtract: BinaryRows {
    BinaryRows(
      lanes: { eachLanes($0, $1, $2, $3, $4, $5) { $0 - $1 } },
      f64: { each($0, $1, $2, $3) { (a: Double, b) in a - b } }, i64: subtractIntegers, u64: subtractIntegers,
      i32: { each($0, $1, $2, $3) { (a: Int32, b) in a &- b } })
  }

  public static var multiply: BinaryRows {
    BinaryRows(
      lanes: { eachLanes($0, $1, $2, $3, $4, $5) { $0 * $1 } },
      f64: { each($0, $1, $2, $3) { (a: Double, b) in a * b } }, i64: multiplyIntegers, u64: multiplyIntegers,
      i32: { each($0, $1, $2, $3) { (a: Int32, b) in a &* b } })
  }

  public static var divide: BinaryRows {
    BinaryRows(
      lanes: { eachLanes($0, $1, $2, $3, $4, $5) { $0 / $1 } },
      f64: { each($0, $1, $2, $3) { (a: Double, b) in a / b } },
      i64: { each($0, $1, $2, $3) { (a: Int64, b) in b == 0 ? 0 : b == -1 ? 0 &- a : a / b } },
      u64: { each($0, $1, $2, $3) { (a: UInt64, b) in b == 0 ? 0 : a / b } })
  }

  /// The remainder with the sign of the divisor.
  public static var floorModulo: BinaryRows {
    BinaryRows(
      f32: { each($0, $1, $2, $3) { (a: Float, b) in Float(floorRemainder(Double(a), Double(b))) } },
      f64: { each($0, $1, $2, $3) { (a: Double, b) in floorRemainder(a, b) } },
      i64: {
        each($0, $1, $2, $3) { (a: Int64, b) in
          let r = remainder(a, b)
          return r != 0 && (r < 0) != (b < 0) ? r &+ b : r
        }
      }, u64: unsignedRemainder)
  }

  /// The remainder with the sign of the dividend, as C's `fmod`.
  public static var truncatingModulo: BinaryRows {
    BinaryRows(
      f32: { each($0, $1, $2, $3) { (a: Float, b) in Float(CMath.fmod(Double(a), Double(b))) } },
      f64: { each($0, $1, $2, $3) { (a: Double, b) in CMath.fmod(a, b) } },
      i64: { each($0, $1, $2, $3) { (a: Int64, b) in remainder(a, b) } }, u64: unsignedRemainder)
  }

  /// The smaller; NaN where either is NaN.
  public static var minimum: BinaryRows {
    BinaryRows(
      lanes: { eachLanes($0, $1, $2, $3, $4, $5) { Lanes.select($0.isLess($1) | ~$0.isEqual($0), $0, $1) } },
      f64: { each($0, $1, $2, $3) { (a: Double, b) in a < b || a != a ? a : b } },
      i64: { each($0, $1, $2, $3) { (a: Int64, b) in min(a, b) } },
      u64: { each($0, $1, $2, $3) { (a: UInt64, b) in min(a, b) } },
      i32: { each($0, $1, $2, $3) { (a: Int32, b) in min(a, b) } })
  }

  /// The larger; NaN where either is NaN.
  public static var maximum: BinaryRows {
    BinaryRows(
      lanes: { eachLanes($0, $1, $2, $3, $4, $5) { Lanes.select($1.isLess($0) | ~$0.isEqual($0), $0, $1) } },
      f64: { each($0, $1, $2, $3) { (a: Double, b) in a > b || a != a ? a : b } },
      i64: { each($0, $1, $2, $3) { (a: Int64, b) in max(a, b) } },
      u64: { each($0, $1, $2, $3) { (a: UInt64, b) in max(a, b) } },
      i32: { each($0, $1, $2, $3) { (a: Int32, b) in max(a, b) } })
  }

  /// The base to the power of the exponent; integers to a negative power are rounded towards 0.
  public static var power: BinaryRows {
    BinaryRows(
      lanes: { a, aStep, b, bStep, out, count in
        // Asked once for all where the exponent is one number.
        switch bStep == 0 ? b.load(as: Float.self) : 0 {
        case 2: eachLanes(a, aStep, a, aStep, out, count) { x, _ in x * x }
        case 3: eachLanes(a, aStep, a, aStep, out, count) { x, _ in x * x * x }
        default: eachLanes(a, aStep, b, bStep, out, count, powerLanes)
        }
      },
      f64: { each($0, $1, $2, $3) { (a: Double, b) in CMath.pow(a, b) } },
      i64: {
        each($0, $1, $2, $3) { (a: Int64, b) in
          b >= 0 ? integerPower(a, UInt64(b)) : a == 1 ? 1 : a == -1 ? (b & 1 == 0 ? 1 : -1) : 0
        }
      },
      u64: {
        each($0, $1, $2, $3) { (a: UInt64, b) in UInt64(bitPattern: integerPower(Int64(bitPattern: a), b)) }
      })
  }

  /// `a`, times the slope `b` where `a` is negative.
  public static var prelu: BinaryRows {
    BinaryRows(
      lanes: { eachLanes($0, $1, $2, $3, $4, $5) { Lanes.select($0.isLess(Lanes(repeating: 0)), $0 * $1, $0) } },
      f64: { each($0, $1, $2, $3) { (a: Double, b) in a < 0 ? a * b : a } },
      i64: { each($0, $1, $2, $3) { (a: Int64, b) in a < 0 ? a &* b : a } },
      u64: { a, _, out, count in out.copyMemory(from: a, byteCount: count * 8) })
  }

  private static var addIntegers: BinaryRow { { each($0, $1, $2, $3) { (a: Int64, b) in a &+ b } } }
  private static var subtractIntegers: BinaryRow { { each($0, $1, $2, $3) { (a: Int64, b) in a &- b } } }
  private static var multiplyIntegers: BinaryRow { { each($0, $1, $2, $3) { (a: Int64, b) in a &* b } } }
  private static var unsignedRemainder: BinaryRow {
    { each($0, $1, $2, $3) { (a: UInt64, b) in b == 0 ? 0 : a % b } }
  }
}

/// Bits and truth values, in integers of 64 bits whatever their own width.
extension BinaryRows {
  public static var and: BinaryRows {
    integers(truths: { eachTruth(.and, $0, $1, $2, $3) }) { each($0, $1, $2, $3) { (a: UInt64, b) in a & b } }
  }
  public static var or: BinaryRows {
    integers(truths: { eachTruth(.or, $0, $1, $2, $3) }) { each($0, $1, $2, $3) { (a: UInt64, b) in a | b } }
  }
  public static var exclusiveOr: BinaryRows {
    integers(truths: { eachTruth(.exclusiveOr, $0, $1, $2, $3) }) {
      each($0, $1, $2, $3) { (a: UInt64, b) in a ^ b }
    }
  }

  /// Shifts by the width or more, or by a negative number, leave 0.
  public static var shiftLeft: BinaryRows { integers { each($0, $1, $2, $3) { (a: UInt64, b) in a << b } } }
  /// The same to the right, where signed numbers are filled up with their sign.
  public static var shiftRight: BinaryRows {
    BinaryRows(
      i64: { each($0, $1, $2, $3) { (a: Int64, b) in a >> UInt64(bitPattern: b) } },
      u64: { each($0, $1, $2, $3) { (a: UInt64, b) in a >> b } })
  }

  private static func integers(truths: BinaryRow? = nil, _ row: @escaping BinaryRow) -> BinaryRows {
    BinaryRows(i64: row, u64: row, truths: truths)
  }
}

/// Comparisons; NaN is neither equal to nor less than anything. `>` and `>=` are these with the operands exchanged.
extension BinaryRows {
  public static var equal: BinaryRows {
    let bits: BinaryRow = { each($0, $1, $2, $3) { (a: UInt64, b) in a == b } }
    return BinaryRows(
      f32: { each($0, $1, $2, $3) { (a: Float, b) in a == b } },
      f64: { each($0, $1, $2, $3) { (a: Double, b) in a == b } }, i64: bits, u64: bits,
      i32: { each($0, $1, $2, $3) { (a: Int32, b) in a == b } }, bools: true)
  }

  public static var less: BinaryRows {
    BinaryRows(
      f32: { each($0, $1, $2, $3) { (a: Float, b) in a < b } },
      f64: { each($0, $1, $2, $3) { (a: Double, b) in a < b } },
      i64: { each($0, $1, $2, $3) { (a: Int64, b) in a < b } },
      u64: { each($0, $1, $2, $3) { (a: UInt64, b) in a < b } },
      i32: { each($0, $1, $2, $3) { (a: Int32, b) in a < b } }, bools: true)
  }

  public static var lessOrEqual: BinaryRows {
    BinaryRows(
      f32: { each($0, $1, $2, $3) { (a: Float, b) in a <= b } },
      f64: { each($0, $1, $2, $3) { (a: Double, b) in a <= b } },
      i64: { each($0, $1, $2, $3) { (a: Int64, b) in a <= b } },
      u64: { each($0, $1, $2, $3) { (a: UInt64, b) in a <= b } },
      i32: { each($0, $1, $2, $3) { (a: Int32, b) in a <= b } }, bools: true)
  }
}

@inline(__always)
private func remainder(_ a: Int64, _ b: Int64) -> Int64 { b == 0 || b == -1 ? 0 : a % b }

private func floorRemainder(_ a: Double, _ b: Double) -> Double {
  let r = CMath.fmod(a, b)
  if r != 0, (r < 0) != (b < 0) { return r + b }
  return r == 0 ? Double(signOf: b, magnitudeOf: 0) : r
}

/// The powers that exporters write for squares, cubes, roots and quotients are those; the others go through double
/// precision.
@inline(__always)
private func powerLanes(_ base: Lanes, _ exponent: Lanes) -> Lanes {
  let first = exponent[0]
  let isUsual = first == 2 || first == 3 || first == 0.5 || first == 1 || first == -1
  if isUsual, Lanes.isEvery(exponent.isEqual(Lanes(repeating: first))) {
    switch first {
    case 1: return base
    case 2: return base * base
    case 3: return base * base * base
    case -1: return 1 / base
    default:
      // The power of -0 is 0, that of -infinity is infinity.
      let infinity = Lanes(repeating: .infinity)
      return Lanes.select(base.isEqual(-infinity), infinity, (base + Lanes(repeating: 0)).squareRoots)
    }
  }
  var result = base
  for i in 0..<4 { result[i] = Float(CMath.pow(Double(base[i]), Double(exponent[i]))) }
  return result
}

private func integerPower(_ base: Int64, _ exponent: UInt64) -> Int64 {
  var (result, square, rest) = (1 as Int64, base, exponent)
  while rest > 0 {
    if rest & 1 == 1 { result &*= square }
    square &*= square
    rest >>= 1
  }
  return result
}
