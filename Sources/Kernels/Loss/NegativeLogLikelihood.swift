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
  lose(
    x, outer: outer, classes: classes, inner: inner, targets: targets, weights: weights, ignored: ignored, reduction,
    into: result)
}

/// The same in float64.
public func negativeLogLikelihood(
  _ x: UnsafePointer<Double>, outer: Int, classes: Int, inner: Int, targets: Tensor, weights: UnsafePointer<Double>?,
  ignored: Int?, _ reduction: LossReduction, into result: UnsafeMutablePointer<Double>
) {
  lose(
    x, outer: outer, classes: classes, inner: inner, targets: targets, weights: weights, ignored: ignored, reduction,
    into: result)
}

private func lose<T: Real>(
  _ x: UnsafePointer<T>, outer: Int, classes: Int, inner: Int, targets: Tensor, weights: UnsafePointer<T>?,
  ignored: Int?, _ reduction: LossReduction, into result: UnsafeMutablePointer<T>
) {
  var (sum, weight) = (0.0, 0.0)
  for i in 0..<outer {
    for j in 0..<inner {
      let at = i &* inner &+ j
      let target = targets.integer(at)
      var loss: T = 0
      if target != ignored {
        let factor = weights?[target] ?? 1
        loss = -x[(i &* classes &+ target) &* inner &+ j] * factor
        weight += factor.double
      }
      if reduction == .none { result[at] = loss } else { sum += loss.double }
    }
  }
  switch reduction {
  case .none: break
  case .sum: result[0] = T(sum)
  case .mean: result[0] = T(sum / weight)
  }
}
