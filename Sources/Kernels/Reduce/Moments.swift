/// What is added to rows before they are normalised: `skip`, whose `rows` rows are repeated, and a bias of one row.
public struct RowAddend {
  let skip: UnsafePointer<Float>
  let rows: Int
  let bias: UnsafePointer<Float>?
  /// Where the sums go; it may be where the normalised rows go, too.
  let sums: UnsafeMutablePointer<Float>

  public init(
    _ skip: UnsafePointer<Float>, rows: Int, bias: UnsafePointer<Float>?, sums: UnsafeMutablePointer<Float>
  ) {
    (self.skip, self.rows, self.bias, self.sums) = (skip, rows, bias, sums)
  }

  /// Row `row` of the sums, made from that of `x`.
  @inline(never)
  fileprivate func sum(_ x: UnsafePointer<Float>, _ row: Int, _ count: Int) -> UnsafePointer<Float> {
    let to = sums + row &* count
    addRow(x, skip + row % rows &* count, bias, count, into: to)
    return UnsafePointer(to)
  }
}

/// Layer normalisation of `rows` rows of `count` values: (x - mean) / √(variance + epsilon) · scale + bias, scale and
/// bias [count]. `means` and `inverseDeviations`, [rows], are filled where given. `target` may be `source`.
public func layerNorm(
  _ platform: Platform, _ source: UnsafePointer<Float>, plus addend: RowAddend? = nil,
  into target: UnsafeMutablePointer<Float>, rows: Int, count: Int, scale: UnsafePointer<Float>?,
  bias: UnsafePointer<Float>?, epsilon: Float, means: UnsafeMutablePointer<Float>? = nil,
  inverseDeviations: UnsafeMutablePointer<Float>? = nil
) {
  platform.parallelRanges(rows, grain: max(1, 16384 / max(count, 1))) { range in
    for row in range {
      var from = source + row &* count
      if let addend { from = addend.sum(from, row, count) }
      let (mean, variance) = moments(from, count)
      let factor = 1 / (variance + epsilon).squareRoot()
      means?[row] = mean
      inverseDeviations?[row] = factor
      scaleRow(from, into: target + row &* count, count, mean, factor, scale, bias)
    }
  }
}

/// Normalisation by the root mean square of `rows` rows of `count` values: x / √(mean x² + epsilon) · scale, scale
/// [count]. `target` may be `source`.
public func rmsNorm(
  _ platform: Platform, _ source: UnsafePointer<Float>, plus addend: RowAddend? = nil,
  into target: UnsafeMutablePointer<Float>, rows: Int, count: Int, scale: UnsafePointer<Float>?, epsilon: Float,
  inverseDeviations: UnsafeMutablePointer<Float>? = nil
) {
  platform.parallelRanges(rows, grain: max(1, 16384 / max(count, 1))) { range in
    for row in range {
      var from = source + row &* count
      if let addend { from = addend.sum(from, row, count) }
      let factor = 1 / (sumOfSquares(from, count, 0) / Float(count) + epsilon).squareRoot()
      inverseDeviations?[row] = factor
      scaleRow(from, into: target + row &* count, count, 0, factor, scale, nil)
    }
  }
}

/// Group normalisation of [batch, groups, channels, inner], where scale and bias are [groups, channels]; with one
/// channel a group it is instance normalisation. `target` may be `source`.
public func groupNorm(
  _ platform: Platform, _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, batch: Int,
  groups: Int, channels: Int, inner: Int, scale: UnsafePointer<Float>?, bias: UnsafePointer<Float>?, epsilon: Float
) {
  let count = channels * inner
  platform.parallelFor(batch * groups) { (item: Int) in
    let from = source + item &* count
    let (mean, variance) = moments(from, count)
    let factor = 1 / (variance + epsilon).squareRoot()
    for channel in 0..<channels {
      let index = item % groups &* channels &+ channel
      let a = factor * (scale?[index] ?? 1)
      let b = Lanes(repeating: bias?[index] ?? 0)
      let (mean, factor) = (Lanes(repeating: mean), Lanes(repeating: a))
      mapLanes(from + channel &* inner, into: target + (item &* count &+ channel &* inner), count: inner) {
        ($0 - mean) * factor + b
      }
    }
  }
}

/// x · scale + shift of [outer, channels, inner], scale and shift [channels]: batch normalisation once its statistics
/// are folded into them. `target` may be `source`.
public func scaleChannels(
  _ platform: Platform, _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, outer: Int,
  channels: Int, inner: Int, scale: UnsafePointer<Float>, shift: UnsafePointer<Float>
) {
  platform.parallelRanges(outer * channels, grain: max(1, 16384 / max(inner, 1))) { range in
    for row in range {
      let (a, b) = (Lanes(repeating: scale[row % channels]), Lanes(repeating: shift[row % channels]))
      mapLanes(source + row &* inner, into: target + row &* inner, count: inner) { $0 * a + b }
    }
  }
}

/// The same in float64.
public func scaleChannels(
  _ platform: Platform, _ source: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, outer: Int,
  channels: Int, inner: Int, scale: UnsafePointer<Double>, shift: UnsafePointer<Double>
) {
  platform.parallelRanges(outer * channels, grain: max(1, 16384 / max(inner, 1))) { range in
    for row in range {
      for i in row &* inner..<(row &+ 1) &* inner {
        target[i] = source[i] * scale[row % channels] + shift[row % channels]
      }
    }
  }
}

/// Mean and variance (of the whole, not of a sample) of `count` values, in two passes.
public func moments(_ source: UnsafePointer<Float>, _ count: Int) -> (mean: Float, variance: Float) {
  let mean = rowSum(source, count) / Float(count)
  return (mean, sumOfSquares(source, count, mean) / Float(count))
}

/// The sum of `count` values: sixteen partial sums, added in a fixed order.
func rowSum(_ source: UnsafePointer<Float>, _ count: Int) -> Float {
  var s0 = Lanes(repeating: 0)
  var s1 = s0
  var s2 = s0
  var s3 = s0
  var i = 0
  while i &+ 16 <= count {
    s0 += load(source + i)
    s1 += load(source + (i &+ 4))
    s2 += load(source + (i &+ 8))
    s3 += load(source + (i &+ 12))
    i &+= 16
  }
  while i &+ 4 <= count {
    s0 += load(source + i)
    i &+= 4
  }
  if i < count { s0 += load(source + i, count: count &- i) }
  return ((s0 + s1) + (s2 + s3)).total
}

/// The sums of four rows of less than sixteen values, one behind the other, each as `rowSum` has it.
func rowSums(_ source: UnsafePointer<Float>, _ count: Int) -> Lanes {
  // Lanes of a row's sum, a row in each lane.
  var (a, b, c, d) = (Lanes(repeating: 0), Lanes(repeating: 0), Lanes(repeating: 0), Lanes(repeating: 0))
  let (p1, p2, p3) = (source + count, source + 2 &* count, source + 3 &* count)
  var i = 0
  while i &+ 4 <= count {
    let (x0, x1, x2, x3) = transpose4(load(source + i), load(p1 + i), load(p2 + i), load(p3 + i))
    a += x0
    b += x1
    c += x2
    d += x3
    i &+= 4
  }
  if i < count { a += Lanes(source[i], p1[i], p2[i], p3[i]) }
  if i &+ 1 < count { b += Lanes(source[i &+ 1], p1[i &+ 1], p2[i &+ 1], p3[i &+ 1]) }
  if i &+ 2 < count { c += Lanes(source[i &+ 2], p1[i &+ 2], p2[i &+ 2], p3[i &+ 2]) }
  return (a + c) + (b + d)
}

/// The sum of (x - center)², of sixteen partial sums.
private func sumOfSquares(_ source: UnsafePointer<Float>, _ count: Int, _ center: Float) -> Float {
  let c = Lanes(repeating: center)
  var s0 = Lanes(repeating: 0)
  var s1 = s0
  var s2 = s0
  var s3 = s0
  var i = 0
  while i &+ 16 <= count {
    let x0 = load(source + i) - c
    let x1 = load(source + (i &+ 4)) - c
    let x2 = load(source + (i &+ 8)) - c
    let x3 = load(source + (i &+ 12)) - c
    s0 += x0 * x0
    s1 += x1 * x1
    s2 += x2 * x2
    s3 += x3 * x3
    i &+= 16
  }
  while i < count {
    let width = min(4, count &- i)
    let x = load(source + i, count: width, fill: center) - c
    s0 += x * x
    i &+= width
  }
  return ((s0 + s1) + (s2 + s3)).total
}

/// (x - mean) · factor · scale + bias
@inline(__always)
private func scaleRow(
  _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, _ count: Int, _ mean: Float,
  _ factor: Float, _ scale: UnsafePointer<Float>?, _ bias: UnsafePointer<Float>?
) {
  let (m, f) = (Lanes(repeating: mean), Lanes(repeating: factor))
  var i = 0
  while i < count {
    let width = min(4, count &- i)
    let whole = width == 4
    var x = ((whole ? load(source + i) : load(source + i, count: width)) - m) * f
    if let scale { x *= whole ? load(scale + i) : load(scale + i, count: width) }
    if let bias { x += whole ? load(bias + i) : load(bias + i, count: width) }
    if whole { store(x, target + i) } else { store(x, target + i, count: width) }
    i &+= 4
  }
}

/// The sum of `count` terms, every fourth in one of four sums.
@inline(__always)
func sumOfTerms(_ count: Int, _ term: (Int) -> Double) -> Double {
  var (a, b, c, d) = (0.0, 0.0, 0.0, 0.0)
  var i = 0
  while i &+ 4 <= count {
    a += term(i)
    b += term(i &+ 1)
    c += term(i &+ 2)
    d += term(i &+ 3)
    i &+= 4
  }
  while i < count {
    a += term(i)
    i &+= 1
  }
  return (a + c) + (b + d)
}

/// Adds magnitudes, or squares, of neighbours to sums of their own.
@inline(__always)
func addTerms<T: Real>(
  _ x: UnsafePointer<T>, squared: Bool, to sums: UnsafeMutablePointer<Double>, count: Int
) {
  if squared {
    for i in 0..<count { sums[i] += x[i].double * x[i].double }
  } else {
    for i in 0..<count { sums[i] += x[i].double.magnitude }
  }
}
