/// x / (bias + alpha / size · Σ x² over `size` neighbouring channels)^beta of [batch, channels, inner].
public func localResponseNorm(
  _ platform: Platform, _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, batch: Int,
  channels: Int, inner: Int, size: Int, alpha: Float, beta: Float, bias: Float
) {
  respond(
    platform, source, into: target, batch: batch, channels: channels, inner: inner, size: size, alpha: alpha,
    beta: beta, bias: bias)
}

/// The same in float64.
public func localResponseNorm(
  _ platform: Platform, _ source: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, batch: Int,
  channels: Int, inner: Int, size: Int, alpha: Float, beta: Float, bias: Float
) {
  respond(
    platform, source, into: target, batch: batch, channels: channels, inner: inner, size: size, alpha: Double(alpha),
    beta: beta, bias: Double(bias))
}

private func respond<T: Real>(
  _ platform: Platform, _ source: UnsafePointer<T>, into target: UnsafeMutablePointer<T>, batch: Int,
  channels: Int, inner: Int, size: Int, alpha: T, beta: Float, bias: T
) {
  let (before, after) = ((size - 1) / 2, size / 2)
  platform.parallelRanges(batch &* channels, grain: max(1, 4096 / max(inner, 1))) { range in
    for plane in range {
      let channel = plane % channels
      let first = max(0, channel &- before) &- channel
      let last = min(channels &- 1, channel &+ after) &- channel
      let from = source + plane &* inner
      for i in 0..<inner {
        var sum: T = 0
        for offset in first...last {
          let x = from[offset &* inner &+ i]
          sum += x * x
        }
        let base = (bias + alpha / T(Double(size)) * sum).double
        target[plane &* inner &+ i] = T(from[i].double / CMath.pow(base, Double(beta)))
      }
    }
  }
}

/// Divides the values of the middle of [outer, count, inner] by their norms [outer, inner]; by a norm of 0 they become
/// 0.
public func divideByNorms(
  _ platform: Platform, _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, outer: Int,
  count: Int, inner: Int, norms: UnsafePointer<Float>
) { divide(platform, source, into: target, outer: outer, count: count, inner: inner, norms: norms) }

/// The same in float64.
public func divideByNorms(
  _ platform: Platform, _ source: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, outer: Int,
  count: Int, inner: Int, norms: UnsafePointer<Double>
) { divide(platform, source, into: target, outer: outer, count: count, inner: inner, norms: norms) }

private func divide<T: Real>(
  _ platform: Platform, _ source: UnsafePointer<T>, into target: UnsafeMutablePointer<T>, outer: Int,
  count: Int, inner: Int, norms: UnsafePointer<T>
) {
  platform.parallelRanges(outer &* count, grain: max(1, 16384 / max(inner, 1))) { range in
    for row in range {
      let factors = norms + row / count &* inner
      for j in 0..<inner {
        target[row &* inner &+ j] = factors[j] == 0 ? 0 : source[row &* inner &+ j] / factors[j]
      }
    }
  }
}

/// (x - mean) / (deviation + 1e-9) over groups of elements: element i belongs to the group at `i`'s place in `strides`,
/// which are 0 along the dims that are averaged. `sums` has room for two values of each of `groups`.
public func meanVarianceNorm(
  _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, dims: [Int], strides: [Int], groups: Int,
  sums: UnsafeMutablePointer<Double>
) { normalize(source, into: target, dims: dims, strides: strides, groups: groups, sums: sums) }

/// The same in float64.
public func meanVarianceNorm(
  _ source: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, dims: [Int], strides: [Int],
  groups: Int, sums: UnsafeMutablePointer<Double>
) { normalize(source, into: target, dims: dims, strides: strides, groups: groups, sums: sums) }

private func normalize<T: Real>(
  _ source: UnsafePointer<T>, into target: UnsafeMutablePointer<T>, dims: [Int], strides: [Int], groups: Int,
  sums: UnsafeMutablePointer<Double>
) {
  let count = dims.reduce(1, *)
  guard count > 0 else { return }
  for i in 0..<(2 * groups) { sums[i] = 0 }
  let size = Double(count / groups)
  let group = { (i: Int) -> Int in
    var (rest, at) = (i, 0)
    var axis = dims.count - 1
    while axis >= 0 {
      let (next, index) = rest.quotientAndRemainder(dividingBy: dims[axis])
      at += index * strides[axis]
      rest = next
      axis -= 1
    }
    return at
  }
  for i in 0..<count { sums[2 * group(i)] += source[i].double }
  for i in 0..<groups { sums[2 * i] /= size }
  for i in 0..<count {
    let g = group(i)
    let distance = source[i].double - sums[2 * g]
    sums[2 * g + 1] += distance * distance
  }
  for i in 0..<groups { sums[2 * i + 1] = (sums[2 * i + 1] / size).squareRoot() + 1e-9 }
  for i in 0..<count {
    let g = group(i)
    target[i] = T((source[i].double - sums[2 * g]) / sums[2 * g + 1])
  }
}
