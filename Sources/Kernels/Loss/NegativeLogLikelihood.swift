import Tensors

/// How the losses of single elements become the result.
public enum LossReduction: Sendable { case none, sum, mean }

/// -weight[target] · x[target] for log probabilities x [outer, classes, inner] and targets [outer, inner].
///
/// Targets are int32 or int64, within the classes unless they are `ignored`, whose loss and weight are 0. The mean is
/// that of the weights: Σ loss / Σ weight.
public func negativeLogLikelihood(
  _ x: UnsafePointer<Float>, outer: Int, classes: Int, inner: Int, targets: Tensor, weights: UnsafePointer<Float>?,
  ignored: Int?, _ reduction: LossReduction, into result: UnsafeMutablePointer<Float>
) {
  var (sum, weight) = (0.0, 0.0)
  for i in 0..<outer {
    for j in 0..<inner {
      let at = i &* inner &+ j
      let target = targets.integer(at)
      var loss: Float = 0
      if target != ignored {
        let factor = weights?[target] ?? 1
        loss = -x[(i &* classes &+ target) &* inner &+ j] * factor
        weight += Double(factor)
      }
      if reduction == .none { result[at] = loss } else { sum += Double(loss) }
    }
  }
  switch reduction {
  case .none: break
  case .sum: result[0] = Float(sum)
  case .mean: result[0] = Float(sum / weight)
  }
}
