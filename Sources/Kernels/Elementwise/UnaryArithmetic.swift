import CKernels

/// Arithmetic on one operand.
extension UnaryRows {
  public static var abs: UnaryRows {
    UnaryRows(
      f32: { eachLanes($0, $1, $2) { $0.magnitudes } }, f64: { each($0, $1, $2) { (x: Double) in x.magnitude } },
      i64: { each($0, $1, $2) { (x: Int64) in x < 0 ? 0 &- x : x } }, u64: copy)
  }

  public static var negate: UnaryRows {
    let integers: UnaryRow = { each($0, $1, $2) { (x: Int64) in 0 &- x } }
    return UnaryRows(
      f32: { eachLanes($0, $1, $2) { -$0 } }, f64: { each($0, $1, $2) { (x: Double) in -x } }, i64: integers,
      u64: integers)
  }

  /// -1, 0 or 1; NaN stays NaN.
  public static var sign: UnaryRows {
    var rows = UnaryRows(throughDouble: { x in x > 0 ? 1 : x < 0 ? -1 : x })
    rows = UnaryRows(
      f32: rows.f32, f64: rows.f64, i64: { each($0, $1, $2) { (x: Int64) in x.signum() } },
      u64: { each($0, $1, $2) { (x: UInt64) in x == 0 ? 0 as UInt64 : 1 } })
    return rows
  }

  /// 1 / x.
  public static var reciprocal: UnaryRows {
    UnaryRows(f32: { eachLanes($0, $1, $2) { 1 / $0 } }, f64: { each($0, $1, $2) { (x: Double) in 1 / x } })
  }

  public static var squareRoot: UnaryRows {
    UnaryRows(
      f32: { eachLanes($0, $1, $2) { $0.squareRoots } },
      f64: { each($0, $1, $2) { (x: Double) in x.squareRoot() } })
  }

  public static var floor: UnaryRows { rounding(.down) }
  public static var ceil: UnaryRows { rounding(.up) }
  /// To the nearest integer, ties to even.
  public static var round: UnaryRows { rounding(.toNearestOrEven) }

  @inline(__always)
  private static func rounding(_ rule: FloatingPointRoundingRule) -> UnaryRows {
    UnaryRows(
      f32: { eachLanes($0, $1, $2) { $0.rounded(rule) } }, f64: { each($0, $1, $2) { (x: Double) in x.rounded(rule) } })
  }

  private static var copy: UnaryRow { { x, out, count in out.copyMemory(from: x, byteCount: count * 8) } }
}

/// Functions that are called seldom enough to go through double precision.
extension UnaryRows {
  public static var sin: UnaryRows { UnaryRows(throughDouble: { ck_sin($0) }) }
  public static var cos: UnaryRows { UnaryRows(throughDouble: { ck_cos($0) }) }
  public static var tan: UnaryRows { UnaryRows(throughDouble: { ck_tan($0) }) }
  public static var asin: UnaryRows { UnaryRows(throughDouble: { ck_asin($0) }) }
  public static var acos: UnaryRows { UnaryRows(throughDouble: { ck_acos($0) }) }
  public static var atan: UnaryRows { UnaryRows(throughDouble: { ck_atan($0) }) }
  public static var sinh: UnaryRows { UnaryRows(throughDouble: { ck_sinh($0) }) }
  public static var cosh: UnaryRows { UnaryRows(throughDouble: { ck_cosh($0) }) }
  public static var asinh: UnaryRows { UnaryRows(throughDouble: { ck_asinh($0) }) }
  public static var acosh: UnaryRows { UnaryRows(throughDouble: { ck_acosh($0) }) }
  public static var atanh: UnaryRows { UnaryRows(throughDouble: { ck_atanh($0) }) }
  public static var log: UnaryRows { UnaryRows(throughDouble: { ck_log($0) }) }
  public static var exp: UnaryRows { UnaryRows(throughDouble: { ck_exp($0) }) }
  public static var erf: UnaryRows { UnaryRows(throughDouble: { ck_erf($0) }) }
  public static var tanh: UnaryRows { UnaryRows(throughDouble: { ck_tanh($0) }) }
}

/// Questions with a bool for an answer, and the opposites of bits and bools.
extension UnaryRows {
  public static var isNaN: UnaryRows {
    UnaryRows(
      f32: { each($0, $1, $2) { (x: Float) in x != x } }, f64: { each($0, $1, $2) { (x: Double) in x != x } },
      bools: true)
  }

  public static func isInfinite(positive: Bool, negative: Bool) -> UnaryRows {
    let (high, low) = (positive ? Double.infinity : .nan, negative ? -Double.infinity : .nan)
    return UnaryRows(
      f32: { each($0, $1, $2) { (x: Float) in Double(x) == high || Double(x) == low } },
      f64: { each($0, $1, $2) { (x: Double) in x == high || x == low } }, bools: true)
  }

  public static var not: UnaryRows {
    UnaryRows(i64: { each($0, $1, $2) { (x: Int64) in x == 0 } }, bools: true)
  }

  public static var bitwiseNot: UnaryRows {
    let flip: UnaryRow = { each($0, $1, $2) { (x: UInt64) in ~x } }
    return UnaryRows(i64: flip, u64: flip)
  }
}
