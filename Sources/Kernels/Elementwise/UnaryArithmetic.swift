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

  public static var floor: UnaryRows {
    UnaryRows(
      f32: { eachLanes($0, $1, $2) { $0.floors } }, f64: { each($0, $1, $2) { (x: Double) in x.rounded(.down) } })
  }
  public static var ceil: UnaryRows {
    UnaryRows(
      f32: { eachLanes($0, $1, $2) { $0.ceilings } }, f64: { each($0, $1, $2) { (x: Double) in x.rounded(.up) } })
  }
  /// To the nearest integer, ties to even.
  public static var round: UnaryRows {
    UnaryRows(
      f32: { eachLanes($0, $1, $2) { $0.nearest } },
      f64: { each($0, $1, $2) { (x: Double) in x.rounded(.toNearestOrEven) } })
  }

  static var copy: UnaryRow { { x, out, count in out.copyMemory(from: x, byteCount: count * 8) } }
}

/// Functions that are called seldom enough to go through double precision.
extension UnaryRows {
  public static var tan: UnaryRows { UnaryRows(throughDouble: { CMath.tan($0) }) }
  public static var asin: UnaryRows { UnaryRows(throughDouble: { CMath.asin($0) }) }
  public static var acos: UnaryRows { UnaryRows(throughDouble: { CMath.acos($0) }) }
  public static var atan: UnaryRows { UnaryRows(throughDouble: { CMath.atan($0) }) }
  public static var sinh: UnaryRows { UnaryRows(throughDouble: { CMath.sinh($0) }) }
  public static var cosh: UnaryRows { UnaryRows(throughDouble: { CMath.cosh($0) }) }
  public static var asinh: UnaryRows { UnaryRows(throughDouble: { CMath.asinh($0) }) }
  public static var acosh: UnaryRows { UnaryRows(throughDouble: { CMath.acosh($0) }) }
  public static var atanh: UnaryRows { UnaryRows(throughDouble: { CMath.atanh($0) }) }
}

/// Functions with a polynomial of their own for f32.
extension UnaryRows {
  public static var exp: UnaryRows { vector({ Kernels.exp($0, into: $1, count: $2) }) { CMath.exp($0) } }
  public static var log: UnaryRows { vector({ Kernels.log($0, into: $1, count: $2) }) { CMath.log($0) } }
  public static var sin: UnaryRows { vector({ Kernels.sin($0, into: $1, count: $2) }) { CMath.sin($0) } }
  public static var cos: UnaryRows { vector({ Kernels.cos($0, into: $1, count: $2) }) { CMath.cos($0) } }
  public static var tanh: UnaryRows { vector({ Kernels.tanh($0, into: $1, count: $2) }) { CMath.tanh($0) } }
  public static var erf: UnaryRows { vector({ Kernels.erf($0, into: $1, count: $2) }) { CMath.erf($0) } }
  public static var sigmoid: UnaryRows {
    vector({ Kernels.sigmoid($0, into: $1, count: $2) }) { 1 / (1 + CMath.exp(-$0)) }
  }
  public static var softplus: UnaryRows {
    vector({ Kernels.softplus($0, into: $1, count: $2) }) { softplus($0) }
  }
  /// x times the normal distribution's share below x.
  public static var gelu: UnaryRows {
    vector({ Kernels.gelu($0, into: $1, count: $2) }) { 0.5 * $0 * (1 + CMath.erf($0 * 0.5.squareRoot())) }
  }
  /// The same, approximated by a hyperbolic tangent.
  public static var geluTanh: UnaryRows {
    vector({ Kernels.geluTanh($0, into: $1, count: $2) }) {
      0.5 * $0 * (1 + CMath.tanh(0.7978845608028654 * ($0 + 0.044715 * $0 * $0 * $0)))
    }
  }
  /// x times the sigmoid of alpha x.
  public static func swish(alpha: Float) -> UnaryRows {
    if alpha == 1 {
      return vector({ Kernels.silu($0, into: $1, count: $2) }) { $0 / (1 + CMath.exp(-$0)) }
    }
    return UnaryRows(throughDouble: { x in x / (1 + CMath.exp(-Double(alpha) * x)) })
  }

  static func softplus(_ x: Double) -> Double { CMath.log1p(CMath.exp(-x.magnitude)) + max(x, 0) }

  private static func vector(
    _ lanes: @escaping @Sendable (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void,
    _ function: @escaping @Sendable (Double) -> Double
  ) -> UnaryRows {
    UnaryRows(
      f32: { x, out, count in
        lanes(x.assumingMemoryBound(to: Float.self), out.assumingMemoryBound(to: Float.self), count)
      },
      f64: { x, out, count in each(x, out, count) { (x: Double) in function(x) } })
  }
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
    UnaryRows(
      i64: { each($0, $1, $2) { (x: Int64) in x == 0 } },
      truths: { x, out, count in eachTruth(.not, x, x, out, count) },
      bools: true)
  }

  public static var bitwiseNot: UnaryRows {
    let flip: UnaryRow = { each($0, $1, $2) { (x: UInt64) in ~x } }
    return UnaryRows(i64: flip, u64: flip)
  }
}
