import Tensors

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
        // Three quarters, as models have it, are two roots.
        let root = base.squareRoot()
        let power = beta == 0.75 ? root * root.squareRoot() : CMath.pow(base, Double(beta))
        target[plane &* inner &+ i] = T(from[i].double / power)
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
  if inner == 1 {
    platform.parallelRanges(outer, grain: max(1, 16384 / max(count, 1))) { range in
      for i in range {
        let (from, to, norm) = (source + i &* count, target + i &* count, norms[i])
        for j in 0..<count { to[j] = norm == 0 ? 0 : from[j] / norm }
      }
    }
    return
  }
  platform.parallelRanges(outer &* count, grain: max(1, 16384 / max(inner, 1))) { range in
    for row in range {
      let factors = norms + row / count &* inner
      for j in 0..<inner {
        target[row &* inner &+ j] = factors[j] == 0 ? 0 : source[row &* inner &+ j] / factors[j]
      }
    }
  }
}

/// (x - mean) / (deviation + 1e-9) over groups of elements: `kept` are the dims, but for 1 in place of those that are
/// averaged. `sums` has room for two values of each of its elements.
public func meanVarianceNorm(
  _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, dims: [Int], kept: [Int],
  sums: UnsafeMutablePointer<Double>
) { normalize(source, into: target, dims: dims, kept: kept, sums: sums) }

/// The same in float64.
public func meanVarianceNorm(
  _ source: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, dims: [Int], kept: [Int],
  sums: UnsafeMutablePointer<Double>
) { normalize(source, into: target, dims: dims, kept: kept, sums: sums) }

private func normalize<T: Real>(
  _ source: UnsafePointer<T>, into target: UnsafeMutablePointer<T>, dims: [Int], kept: [Int],
  sums: UnsafeMutablePointer<Double>
) {
  let (count, groups) = (dims.productSaturating, kept.productSaturating)
  guard count > 0 else { return }
  for i in 0..<(2 * groups) { sums[i] = 0 }
  let size = Double(count / groups)
  let walk = BroadcastWalk(dims, dims, kept)
  let step = 2 * walk.step(1)
  // A row's elements all belong to one group, or each to one of its own.
  walk.forEachRow(in: 0..<count) { first, n, at in
    let from = source + first
    if step == 0 {
      sums[2 &* at.1] += sumOfTerms(n) { from[$0].double }
    } else {
      for i in 0..<n { sums[2 &* (at.1 &+ i)] += from[i].double }
    }
  }
  for i in 0..<groups { sums[2 * i] /= size }
  walk.forEachRow(in: 0..<count) { first, n, at in
    let (from, group) = (source + first, sums + 2 &* at.1)
    if step == 0 {
      let mean = group[0]
      group[1] += sumOfTerms(n) {
        let distance = from[$0].double - mean
        return distance * distance
      }
    } else {
      for i in 0..<n {
        let distance = from[i].double - group[2 &* i]
        group[2 &* i &+ 1] += distance * distance
      }
    }
  }
  for i in 0..<groups { sums[2 * i + 1] = (sums[2 * i + 1] / size).squareRoot() + 1e-9 }
  walk.forEachRow(in: 0..<count) { first, n, at in
    let (from, to) = (source + first, target + first)
    var group = sums + 2 &* at.1
    for i in 0..<n {
      to[i] = T((from[i].double - group[0]) / group[1])
      group += step
    }
  }
}
