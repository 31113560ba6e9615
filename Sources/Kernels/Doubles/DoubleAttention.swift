/// One query of one head in float64: softmax(scale · q · Kᵀ + mask, capped) · V, of what is visible.
public struct DoubleAttention: Sendable {
  public var keys: Int
  public var headSize: Int
  public var valueSize: Int
  public var scale: Double
  /// Scores s become cap · tanh(s / cap); 0 is no cap.
  public var cap: Double

  public init(keys: Int, headSize: Int, valueSize: Int, scale: Double, cap: Double) {
    self.keys = keys
    self.headSize = headSize
    self.valueSize = valueSize
    self.scale = scale
    self.cap = cap
  }

  /// `mask` answers what is added to the score of a key, -infinity where it is not seen; `scores`, [keys], is left with
  /// what the stage says. Elements of a row of K and V follow each other; rows are `keyStride` and `valueStride` apart.
  public func run(
    _ q: UnsafePointer<Double>, _ k: UnsafePointer<Double>, keyStride: Int, _ v: UnsafePointer<Double>,
    valueStride: Int, into target: UnsafeMutablePointer<Double>, weights: UnsafeMutablePointer<Double>,
    scores: UnsafeMutablePointer<Double>?, stage: Attention.ScoreStage, mask: (Int) -> Double
  ) {
    func keep(_ now: Attention.ScoreStage) {
      guard let scores, stage == now else { return }
      for i in 0..<keys { scores[i] = weights[i] }
    }
    for i in 0..<keys {
      var sum = 0.0
      for j in 0..<headSize { sum += q[j] * k[i &* keyStride &+ j] }
      weights[i] = sum * scale
    }
    keep(.scaled)
    if cap > 0 { for i in 0..<keys { weights[i] = cap * CMath.tanh(weights[i] / cap) } }
    keep(.capped)
    var largest = -Double.infinity
    for i in 0..<keys {
      let added = mask(i)
      weights[i] = added == -.infinity ? added : weights[i] + added
      if !(weights[i] <= largest) { largest = weights[i] }
    }
    keep(.masked)
    var sum = 0.0
    for i in 0..<keys {
      weights[i] = largest == -.infinity ? 0 : CMath.exp(weights[i] - largest)
      sum += weights[i]
    }
    for i in 0..<keys where sum > 0 { weights[i] /= sum }
    keep(.softmax)
    for j in 0..<valueSize { target[j] = 0 }
    for i in 0..<keys where weights[i] != 0 {
      for j in 0..<valueSize { target[j] += weights[i] * v[i &* valueStride &+ j] }
    }
  }
}
