import Tensors

/// For each output position of an axis which input positions it is made of, and with what weights.
///
/// Both tables are [output positions, taps]. An index below 0 in the first tap says that the position lies outside.
public struct Resampling {
  public var taps: Int
  public var indices: UnsafePointer<Int32>
  public var weights: UnsafePointer<Float>

  public init(taps: Int, indices: UnsafePointer<Int32>, weights: UnsafePointer<Float>) {
    self.taps = taps
    self.indices = indices
    self.weights = weights
  }
}

/// Resamples the middle of [outer, length, inner] to `newLength` positions; those outside become `outside`.
public func resample(
  _ platform: Platform, _ source: UnsafePointer<Float>, outer: Int, length: Int, inner: Int, newLength: Int,
  _ table: Resampling, outside: Float, into target: UnsafeMutablePointer<Float>
) {
  let (taps, indices, weights) = (table.taps, table.indices, table.weights)
  guard inner > 1 else {
    platform.parallelRanges(outer, grain: max(1, 16384 / max(newLength &* taps, 1))) { range in
      for row in range {
        let from = source + row &* length
        let to = target + row &* newLength
        for i in 0..<newLength {
          let first = i &* taps
          if indices[first] < 0 {
            to[i] = outside
            continue
          }
          var sum: Float = 0
          for tap in first..<(first &+ taps) { sum += from[Int(indices[tap])] * weights[tap] }
          to[i] = sum
        }
      }
    }
    return
  }
  platform.parallelRanges(outer &* newLength, grain: max(1, 16384 / (inner &* taps))) { range in
    for row in range {
      let (image, position) = row.quotientAndRemainder(dividingBy: newLength)
      let to = target + row &* inner
      let first = position &* taps
      if indices[first] < 0 {
        fillLanes(to, with: outside, count: inner)
        continue
      }
      for tap in first..<(first &+ taps) {
        let from = source + (image &* length &+ Int(indices[tap])) &* inner
        let weight = Lanes(repeating: weights[tap])
        if tap == first {
          mapLanes(from, into: to, count: inner) { $0 * weight }
        } else {
          addScaled(from, weight, to, inner)
        }
      }
    }
  }
}

/// The same in float64, with weights of float64.
public func resample(
  _ platform: Platform, _ source: UnsafePointer<Double>, outer: Int, length: Int, inner: Int, newLength: Int,
  taps: Int, indices: UnsafePointer<Int32>, weights: UnsafePointer<Double>, outside: Double,
  into target: UnsafeMutablePointer<Double>
) {
  platform.parallelRanges(outer &* newLength, grain: max(1, 16384 / max(inner &* taps, 1))) { range in
    for row in range {
      let (image, position) = row.quotientAndRemainder(dividingBy: newLength)
      let first = position &* taps
      for i in 0..<inner {
        var sum = indices[first] < 0 ? outside : 0
        for tap in first..<(first &+ taps) where indices[tap] >= 0 {
          sum += source[(image &* length &+ Int(indices[tap])) &* inner &+ i] * weights[tap]
        }
        target[row &* inner &+ i] = sum
      }
    }
  }
}

/// Brings numbers into a range, in place; `rounds` them to the nearest integer first, halves up.
public func limit(
  _ platform: Platform, _ numbers: UnsafeMutablePointer<Float>, _ count: Int, to range: ClosedRange<Float>, rounds: Bool
) {
  platform.parallelRanges(count, grain: 1 << 14) { part in
    for i in part {
      let x = rounds ? (numbers[i] + 0.5).rounded(.down) : numbers[i]
      numbers[i] = max(range.lowerBound, min(x, range.upperBound))
    }
  }
}

@inline(__always)
private func addScaled(
  _ source: UnsafePointer<Float>, _ weight: Lanes, _ target: UnsafeMutablePointer<Float>, _ count: Int
) {
  var i = 0
  while i &+ 4 <= count {
    store(load(target + i) + load(source + i) * weight, target + i)
    i &+= 4
  }
  while i < count {
    target[i] += source[i] * weight[0]
    i &+= 1
  }
}

/// Copies to each position of the output the input element that `indices` name, a table for each axis, one behind the
/// other. Where one of them is below 0, the element at `outside` is written.
public func resizeNearest(
  _ platform: Platform, _ source: Tensor, into target: Tensor, indices: UnsafePointer<Int32>,
  outside: UnsafeRawPointer
) {
  switch source.type.byteWidth {
  case 1: pick(platform, source, target, indices, outside, UInt8.self)
  case 2: pick(platform, source, target, indices, outside, UInt16.self)
  case 4: pick(platform, source, target, indices, outside, UInt32.self)
  default: pick(platform, source, target, indices, outside, UInt64.self)
  }
}

private func pick<T: BitwiseCopyable>(
  _ platform: Platform, _ source: Tensor, _ target: Tensor, _ indices: UnsafePointer<Int32>,
  _ outside: UnsafeRawPointer, _: T.Type
) {
  let (from, to) = (source.elements(T.self).baseAddress!, target.elements(T.self).baseAddress!)
  let dims = target.shape.dims
  guard let width = dims.last, target.count > 0 else { return }
  let missing = outside.loadUnaligned(as: T.self)
  let rank = dims.count
  let last = indices + (dims.reduce(0, +) - width)
  let steps = source.shape.strides
  var isInside = true
  // Whether each column is written twice.
  var isDoubled = MemoryLayout<T>.size == 4
  for i in 0..<width {
    if last[i] < 0 { isInside = false }
    if last[i] != Int32(truncatingIfNeeded: i >> 1) { isDoubled = false }
  }
  // Rows of an image: the places of its outer axes are looked up once.
  let height = rank > 1 ? dims[rank &- 2] : 1
  let down = last - (rank > 1 ? height : 0)
  platform.parallelRanges(target.count / width, grain: max(1, 16384 / width)) { range in
    var row = range.lowerBound
    while row < range.upperBound {
      let (image, first) = row.quotientAndRemainder(dividingBy: height)
      var (rest, base, table, isHidden) = (image, 0, down, false)
      var axis = rank &- 3
      while axis >= 0 {
        let (next, position) = rest.quotientAndRemainder(dividingBy: dims[axis])
        table -= dims[axis]
        let index = Int(table[position])
        isHidden = isHidden || index < 0
        base &+= index &* steps[axis]
        rest = next
        axis &-= 1
      }
      var y = first
      let end = min(height, first &+ range.upperBound &- row)
      while y < end {
        let index = rank > 1 ? Int(down[y]) : 0
        let isOutside = isHidden || index < 0
        let line = to + row &* width
        let from = from + (isOutside ? 0 : rank > 1 ? base &+ index &* steps[rank &- 2] : base)
        // Rows that show the same one are written together.
        var copies = 1
        while y &+ copies < end, Int(down[y &+ copies]) == index { copies &+= 1 }
        var done = 0
        if isDoubled, isInside, !isOutside {
          let twin = copies > 1 ? width : 0
          while done &+ 8 <= width {
            let lanes = UnsafeRawPointer(from + done / 2).loadUnaligned(as: Lanes.self)
            let (low, high) = (interleaveLow(lanes, lanes), interleaveHigh(lanes, lanes))
            let (a, b) = (UnsafeMutableRawPointer(line + done), UnsafeMutableRawPointer(line + twin + done))
            a.storeBytes(of: low, as: Lanes.self)
            (a + 16).storeBytes(of: high, as: Lanes.self)
            b.storeBytes(of: low, as: Lanes.self)
            (b + 16).storeBytes(of: high, as: Lanes.self)
            done &+= 8
          }
        }
        if isInside, !isOutside {
          for i in done..<width { line[i] = from[Int(last[i])] }
        } else {
          for i in 0..<width { line[i] = isOutside || last[i] < 0 ? missing : from[Int(last[i])] }
        }
        // The second of two rows is there but for its end.
        let given = copies > 1 ? done : 0
        if copies > 1, given < width { (line + (width &+ given)).update(from: line + given, count: width &- given) }
        for copy in 2..<max(copies, 2) { (line + copy &* width).update(from: line, count: width) }
        row &+= copies
        y &+= copies
      }
    }
  }
}
