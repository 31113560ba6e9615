/// Softmax, or its logarithm, over the middle of [outer, axis, inner], in float64. `target` may be `source`.
public func softmax(
  _ platform: Platform, _ source: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, outer: Int,
  axis: Int, inner: Int, logarithm: Bool
) {
  platform.parallelRanges(outer &* inner, grain: max(1, 4096 / max(axis, 1))) { range in
    for i in range {
      let (o, j) = i.quotientAndRemainder(dividingBy: inner)
      let first = o &* axis &* inner &+ j
      let places = stride(from: first, to: first &+ axis &* inner, by: inner)
      var largest = -Double.infinity
      for p in places where !(source[p] <= largest) { largest = source[p] }
      var sum = 0.0
      for p in places { sum += CMath.exp(source[p] - largest) }
      let less = CMath.log(sum)
      for p in places {
        let x = source[p] - largest
        target[p] = logarithm ? x - less : CMath.exp(x) / sum
      }
    }
  }
}

/// Layer normalisation of `rows` rows of `count` values in float64, by the root mean square alone if not `isCentered`;
/// scale and bias are [count]. `target` may be `source`.
public func layerNorm(
  _ platform: Platform, _ source: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, rows: Int,
  count: Int, scale: UnsafePointer<Double>, bias: UnsafePointer<Double>?, epsilon: Double, isCentered: Bool,
  means: UnsafeMutablePointer<Float>? = nil, inverseDeviations: UnsafeMutablePointer<Float>? = nil
) {
  platform.parallelRanges(rows, grain: max(1, 8192 / max(count, 1))) { range in
    for row in range {
      let (from, to) = (source + row &* count, target + row &* count)
      let (mean, variance) = moments(from, count, isCentered: isCentered)
      let factor = 1 / (variance + epsilon).squareRoot()
      means?[row] = Float(mean)
      inverseDeviations?[row] = Float(factor)
      for i in 0..<count { to[i] = (from[i] - mean) * factor * scale[i] + (bias?[i] ?? 0) }
    }
  }
}

/// Group normalisation of [batch, groups, channels, inner] in float64, where scale and bias are [groups, channels / n]:
/// `channelsOfFactor` channels share one. `target` may be `source`.
public func groupNorm(
  _ platform: Platform, _ source: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, batch: Int,
  groups: Int, channels: Int, inner: Int, scale: UnsafePointer<Double>, bias: UnsafePointer<Double>,
  channelsOfFactor: Int, epsilon: Double
) {
  let count = channels * inner
  platform.parallelFor(batch * groups) { (item: Int) in
    let (from, to) = (source + item &* count, target + item &* count)
    let (mean, variance) = moments(from, count, isCentered: true)
    let factor = 1 / (variance + epsilon).squareRoot()
    for i in 0..<count {
      let index = (item % groups &* channels &+ i / inner) / channelsOfFactor
      to[i] = (from[i] - mean) * factor * scale[index] + bias[index]
    }
  }
}

private func moments(_ source: UnsafePointer<Double>, _ count: Int, isCentered: Bool) -> (Double, Double) {
  var (mean, squares) = (0.0, 0.0)
  if isCentered {
    for i in 0..<count { mean += source[i] }
    mean /= Double(count)
  }
  for i in 0..<count { squares += (source[i] - mean) * (source[i] - mean) }
  return (mean, squares / Double(count))
}
