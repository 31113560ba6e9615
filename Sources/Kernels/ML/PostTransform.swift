/// What ai.onnx.ml's models do to the scores of one row. A score that is alone is changed by `probit` only, as the
/// reference runtime has it: a regressor of one target answers its sum whatever it is told.
public enum PostTransform: Sendable {
  case none, softmax, logistic
  /// Softmax in which a score of 0 stays 0.
  case softmaxZero
  case probit

  public func apply(_ scores: UnsafeMutablePointer<Double>, _ count: Int) {
    if count == 1, self != .probit { return }
    switch self {
    case .none: return
    case .logistic: for i in 0..<count { scores[i] = PostTransform.logistic(scores[i]) }
    case .probit: for i in 0..<count { scores[i] = PostTransform.probit(scores[i]) }
    case .softmax, .softmaxZero:
      var largest = -Double.infinity
      for i in 0..<count { largest = max(largest, scores[i]) }
      var sum = 0.0
      for i in 0..<count {
        let isZero = self == .softmaxZero && scores[i].magnitude <= 1e-7
        scores[i] = isZero ? scores[i] * CMath.exp(-largest) : CMath.exp(scores[i] - largest)
        sum += scores[i]
      }
      for i in 0..<count { scores[i] /= sum }
    }
  }

  public static func logistic(_ x: Double) -> Double {
    let y = 1 / (1 + CMath.exp(-x.magnitude))
    return x < 0 ? 1 - y : y
  }

  /// √2 · erf⁻¹(2p - 1), by Winitzki's formula with a = 0.147, as the reference runtime has it: good to 0.002.
  static func probit(_ p: Double) -> Double {
    let x = 2 * p - 1
    let logarithm = CMath.log((1 - x) * (1 + x))
    let v = 2 / (3.14159 * 0.147) + logarithm / 2
    let root = (-v + (v * v - logarithm / 0.147).squareRoot()).squareRoot()
    return 1.41421356 * (x < 0 ? -root : root)
  }
}
