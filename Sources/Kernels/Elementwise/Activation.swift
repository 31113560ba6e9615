/// Activation functions. Parameters are those of ONNX's operators of these names.
extension UnaryRows {
  /// max(x, 0); NaN stays.
  public static var relu: UnaryRows {
    UnaryRows(
      f32: { eachLanes($0, $1, $2) { Lanes.select($0.isLess(Lanes(repeating: 0)), Lanes(repeating: 0), $0) } },
      f64: { each($0, $1, $2) { (x: Double) in x < 0 ? 0 : x } },
      i64: { each($0, $1, $2) { (x: Int64) in x < 0 ? 0 : x } }, u64: copy)
  }

  public static func leakyRelu(alpha: Float) -> UnaryRows {
    UnaryRows(
      f32: { eachLanes($0, $1, $2) { Lanes.select($0.isLess(Lanes(repeating: 0)), alpha * $0, $0) } },
      f64: { each($0, $1, $2) { (x: Double) in x < 0 ? Double(alpha) * x : x } })
  }

  /// `low` where x is less, then `high` where that is greater; NaN stays.
  public static func clip(_ low: Float, _ high: Float) -> UnaryRows {
    UnaryRows(f32: { x, out, count in
      eachLanes(x, out, count) { $0.atLeast(Lanes(repeating: low)).atMost(Lanes(repeating: high)) }
    })
  }

  public static func hardSigmoid(alpha: Float, beta: Float) -> UnaryRows {
    UnaryRows(
      f32: { x, out, count in
        eachLanes(x, out, count) {
          (alpha * $0 + beta).atLeast(Lanes(repeating: 0)).atMost(Lanes(repeating: 1))
        }
      },
      f64: { each($0, $1, $2) { (x: Double) in min(max(Double(alpha) * x + Double(beta), 0), 1) } })
  }

  public static var hardSwish: UnaryRows {
    UnaryRows(
      f32: { x, out, count in
        eachLanes(x, out, count) {
          $0 * ($0 * (1 / 6) + 0.5).atLeast(Lanes(repeating: 0)).atMost(Lanes(repeating: 1))
        }
      },
      f64: { each($0, $1, $2) { (x: Double) in x * min(max(x / 6 + 0.5, 0), 1) } })
  }

  public static func elu(alpha: Float) -> UnaryRows { exponentialBelow0(slope: 1, alpha: alpha, divisor: 1) }

  public static func selu(alpha: Float, gamma: Float) -> UnaryRows {
    exponentialBelow0(slope: gamma, alpha: alpha, divisor: 1)
  }

  public static func celu(alpha: Float) -> UnaryRows {
    // Where the exponent would be positive, it may leave the range.
    alpha >= 0
      ? exponentialBelow0(slope: 1, alpha: alpha, divisor: alpha)
      : UnaryRows(throughDouble: { x in x < 0 ? Double(alpha) * CMath.expm1(x / Double(alpha)) : x })
  }

  /// slope · x, or slope · alpha · (e^(x / divisor) - 1) where x is negative.
  private static func exponentialBelow0(slope: Float, alpha: Float, divisor: Float) -> UnaryRows {
    UnaryRows(
      f32: { x, out, count in
        let (slope, alpha) = (Lanes(repeating: slope), Lanes(repeating: alpha))
        let (divisor, zero) = (Lanes(repeating: divisor), Lanes(repeating: 0))
        eachLanes(x, out, count) { x in
          let below = alpha * (x.atMost(zero) / divisor).exponentialLess1
          return slope * Lanes.select(x.isLess(zero), below, x)
        }
      },
      f64: {
        each($0, $1, $2) { (x: Double) in
          Double(slope) * (x < 0 ? Double(alpha) * CMath.expm1(x / Double(divisor)) : x)
        }
      })
  }

  /// x / (1 + |x|)
  public static var softsign: UnaryRows {
    UnaryRows(
      f32: { eachLanes($0, $1, $2) { $0 / ($0.magnitudes + 1) } },
      f64: { each($0, $1, $2) { (x: Double) in x / (1 + x.magnitude) } })
  }
  /// x · tanh(log(1 + e^x))
  public static var mish: UnaryRows {
    UnaryRows(
      f32: { eachLanes($0, $1, $2) { $0 * $0.softplus.hyperbolicTangent } },
      f64: { each($0, $1, $2) { (x: Double) in x * CMath.tanh(softplus(x)) } })
  }

  public static func thresholdedRelu(alpha: Float) -> UnaryRows {
    UnaryRows(throughDouble: { x in x > Double(alpha) ? x : 0 })
  }

  public static func shrink(lambda: Float, bias: Float) -> UnaryRows {
    let function: @Sendable (Double) -> Double = { x in
      x < -Double(lambda) ? x + Double(bias) : x > Double(lambda) ? x - Double(bias) : 0
    }
    let floats = UnaryRows(throughDouble: function)
    return UnaryRows(
      f32: floats.f32, f64: floats.f64,
      i64: { x, out, count in each(x, out, count) { (x: Int64) in Tile.integer(function(Double(x))) } },
      u64: { x, out, count in each(x, out, count) { (x: UInt64) in Tile.unsigned(function(Double(x))) } })
  }

  /// x / divisor.
  public static func divided(by divisor: Float) -> UnaryRows {
    UnaryRows(
      f32: { x, out, count in eachLanes(x, out, count) { $0 / Lanes(repeating: divisor) } },
      f64: { x, out, count in each(x, out, count) { (x: Double) in x / Double(divisor) } })
  }
}
