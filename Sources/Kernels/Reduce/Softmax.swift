import CKernels

/// Softmax over the middle of [outer, axis, inner]: e^(x - max) / Σ e^(x - max). `target` may be `source`.
public func softmax(
  _ platform: Platform, _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, outer: Int,
  axis: Int, inner: Int = 1
) {
  softmax(platform, source, into: target, outer, axis, inner, logarithm: false)
}

/// The logarithm of softmax over the middle of [outer, axis, inner]: x - max - log Σ e^(x - max).
public func logSoftmax(
  _ platform: Platform, _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, outer: Int,
  axis: Int, inner: Int = 1
) {
  softmax(platform, source, into: target, outer, axis, inner, logarithm: true)
}

private func softmax(
  _ platform: Platform, _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, _ outer: Int,
  _ axis: Int, _ inner: Int, logarithm: Bool
) {
  guard outer > 0, axis > 0, inner > 0 else { return }
  platform.parallelRanges(outer, grain: max(1, 8192 / (axis * inner))) { range in
    var first = range.lowerBound
    if inner == 1, axis < 8 {
      while first &+ 4 <= range.upperBound {
        softmaxShortRows(source + first &* axis, into: target + first &* axis, axis, logarithm)
        first &+= 4
      }
    }
    for i in first..<range.upperBound {
      let offset = i &* axis &* inner
      if inner == 1 {
        softmaxRow(source + offset, into: target + offset, axis, logarithm)
      } else {
        softmaxColumns(source + offset, into: target + offset, axis, inner, logarithm)
      }
    }
  }
}

/// One row: the sum is of eight partial sums, then what is left of a vector. `sink` is one more value that takes its
/// share and is not stored.
func softmaxRow(
  _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, _ count: Int, _ logarithm: Bool,
  sink: Float = -.infinity
) {
  if !logarithm, sink == -.infinity, VectorLevel.detected > .baseline {
    ck_softmaxRow(VectorLevel.detected.rawValue, source, target, count)
    return
  }
  softmaxLanes(source, into: target, count, logarithm, sink: sink)
}

/// The same in the vectors that every host has.
func softmaxLanes(
  _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, _ count: Int, _ logarithm: Bool,
  sink: Float = -.infinity
) {
  let largest = Lanes(repeating: max(rowMaximum(source, count), sink))
  var sum0 = Lanes(repeating: 0)
  var sum1 = Lanes(repeating: 0)
  var i = 0
  while i &+ 8 <= count {
    let x0 = load(source + i) - largest
    let x1 = load(source + (i &+ 4)) - largest
    let y0 = x0.exponential
    let y1 = x1.exponential
    sum0 += y0
    sum1 += y1
    store(logarithm ? x0 : y0, target + i)
    store(logarithm ? x1 : y1, target + (i &+ 4))
    i &+= 8
  }
  while i < count {
    let width = min(4, count &- i)
    // What is not there counts as e^-infinity.
    let x = load(source + i, count: width, fill: -.infinity) - largest
    let y = x.exponential
    sum0 += y
    store(logarithm ? x : y, target + i, count: width)
    i &+= width
  }
  var sum = (sum0 + sum1).total
  if sink > -.infinity { sum += (Lanes(repeating: sink) - largest).exponential[0] }
  if logarithm {
    let less = Lanes(repeating: Lanes(repeating: sum).logarithm[0])
    mapLanes(target, into: target, count: count) { $0 - less }
  } else {
    let factor = Lanes(repeating: 1 / sum)
    mapLanes(target, into: target, count: count) { $0 * factor }
  }
}

/// Four rows of less than eight values, a lane each; the sums are those of one row.
private func softmaxShortRows(
  _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, _ count: Int, _ logarithm: Bool
) {
  Tile.with { tile in
    let columns = tile.assumingMemoryBound(to: Lanes.self)
    let sums = columns + 8
    var largest = Lanes(repeating: -.infinity)
    for i in 0..<4 { sums[i] = Lanes(repeating: 0) }
    for i in 0..<count {
      let p = source + i
      let column = Lanes(p[0], p[count], p[2 &* count], p[3 &* count])
      columns[i] = column
      largest = largest.atLeast(column)
    }
    for i in 0..<count {
      let x = columns[i] - largest
      let y = x.exponential
      columns[i] = logarithm ? x : y
      sums[i & 3] += y
    }
    let sum = (sums[0] + sums[2]) + (sums[1] + sums[3])
    let less = logarithm ? sum.logarithm : 1 / sum
    for i in 0..<count {
      let y = logarithm ? columns[i] - less : columns[i] * less
      let p = target + i
      for row in 0..<4 { p[row &* count] = y[row] }
    }
  }
}

/// The largest of `count` values; -infinity of none. A NaN is passed over, or not: no order of maxima is kept.
func rowMaximum(_ source: UnsafePointer<Float>, _ count: Int) -> Float {
  var m0 = Lanes(repeating: -.infinity)
  var m1 = m0
  var i = 0
  while i &+ 8 <= count {
    m0 = load(source + i).atLeast(m0)
    m1 = load(source + (i &+ 4)).atLeast(m1)
    i &+= 8
  }
  var largest = m0.atLeast(m1).largest
  while i < count {
    if source[i] > largest { largest = source[i] }
    i &+= 1
  }
  return largest
}

/// All columns of [axis, inner], a row of up to 128 of them at a time, so that what the cache fetches is all used.
private func softmaxColumns(
  _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, _ axis: Int, _ inner: Int,
  _ logarithm: Bool
) {
  Tile.with { tile in
    let largest = tile.assumingMemoryBound(to: Lanes.self)
    let sums = largest + 32
    var first = 0
    while first < inner {
      let (from, to, left) = (source + first, target + first, inner &- first)
      let vectors = min(32, (left &+ 3) / 4)
      for v in 0..<vectors {
        largest[v] = Lanes(repeating: -.infinity)
        sums[v] = Lanes(repeating: 0)
      }
      for i in 0..<axis {
        for v in 0..<vectors {
          largest[v] = loadColumn(from, i &* inner &+ 4 &* v, min(4, left &- 4 &* v)).atLeast(largest[v])
        }
      }
      for i in 0..<axis {
        for v in 0..<vectors {
          let (at, width) = (i &* inner &+ 4 &* v, min(4, left &- 4 &* v))
          let x = loadColumn(from, at, width) - largest[v]
          let y = x.exponential
          sums[v] += y
          storeColumn(logarithm ? x : y, to, at, width)
        }
      }
      for v in 0..<vectors { sums[v] = logarithm ? sums[v].logarithm : Lanes(repeating: 1) / sums[v] }
      for i in 0..<axis {
        for v in 0..<vectors {
          let (at, width) = (i &* inner &+ 4 &* v, min(4, left &- 4 &* v))
          let x = loadColumn(UnsafePointer(to), at, width)
          storeColumn(logarithm ? x - sums[v] : x * sums[v], to, at, width)
        }
      }
      first &+= 128
    }
  }
}

@inline(__always)
private func loadColumn(_ p: UnsafePointer<Float>, _ offset: Int, _ width: Int) -> Lanes {
  width == 4 ? load(p + offset) : load(p + offset, count: width)
}

@inline(__always)
private func storeColumn(_ x: Lanes, _ p: UnsafeMutablePointer<Float>, _ offset: Int, _ width: Int) {
  if width == 4 { store(x, p + offset) } else { store(x, p + offset, count: width) }
}
