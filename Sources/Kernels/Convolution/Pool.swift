/// The largest value of each window of `planes` planes; padding does not count. `indices`, where wanted, gets the
/// place of that value in the whole input: plane by plane, and in it row by row, or column by column (the last
/// dimension slowest) if `columnMajor`; -1 of a window that sees padding only.
public func maxPool(
  _ platform: Platform, _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, planes: Int,
  _ window: Window, indices: UnsafeMutablePointer<Int64>? = nil, columnMajor: Bool = false
) {
  forEachPlane(platform, planes, window) { plane in
    let from = source + plane &* window.input.count
    let place = plane &* window.output.count
    if let indices {
      maxPoolIndexed(from, target + place, indices + place, plane &* window.input.count, window, columnMajor)
    } else {
      maxPoolPlane(from, target + place, window)
    }
  }
}

/// The same in float64.
public func maxPool(
  _ platform: Platform, _ source: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, planes: Int,
  _ window: Window, indices: UnsafeMutablePointer<Int64>?, columnMajor: Bool
) {
  forEachPlane(platform, planes, window) { plane in
    let place = plane &* window.output.count
    maxPoolIndexed(
      source + plane &* window.input.count, target + place, indices.map { $0 + place }, plane &* window.input.count,
      window, columnMajor)
  }
}

/// The mean of each window of `planes` planes. Padding counts as zeros if `includePadding`; what lies beyond it, in
/// windows that ceil mode cuts, never counts.
public func averagePool(
  _ platform: Platform, _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, planes: Int,
  _ window: Window, includePadding: Bool
) {
  forEachPlane(platform, planes, window) { plane in
    averagePoolPlane(
      source + plane &* window.input.count, target + plane &* window.output.count, window, includePadding)
  }
}

/// The same in float64.
public func averagePool(
  _ platform: Platform, _ source: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, planes: Int,
  _ window: Window, includePadding: Bool
) {
  forEachPlane(platform, planes, window) { plane in
    let (from, to) = (source + plane &* window.input.count, target + plane &* window.output.count)
    forEachOutput(window, vectors: false, vector: { _, _, _, _, _ in }) { place, origin, z, y, x, o in
      let count =
        includePadding ? paddedRows(o, window) &* paddedColumns(o, window) : z.count &* y.count &* x.count
      to[place] = mean(from, z, y, x, origin, window, count)
    }
  }
}

/// The mean, or the largest, of each of `planes` planes of `count` values, in float64.
public func globalPool(
  _ platform: Platform, _ source: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, planes: Int,
  count: Int, isMean: Bool
) {
  platform.parallelRanges(planes, grain: max(1, 32768 / max(count, 1))) { range in
    for plane in range {
      var (sum, largest) = (0.0, -Double.infinity)
      for i in plane &* count..<(plane &+ 1) &* count {
        sum += source[i]
        if !(source[i] <= largest) { largest = source[i] }
      }
      target[plane] = isMean ? sum / Double(count) : largest
    }
  }
}

/// The mean of each of `planes` planes of `count` values.
public func globalAveragePool(
  _ platform: Platform, _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, planes: Int,
  count: Int
) {
  platform.parallelRanges(planes, grain: max(1, 32768 / max(count, 1))) { range in
    for plane in range { target[plane] = rowSum(source + plane &* count, count) / Float(count) }
  }
}

/// The largest value of each of `planes` planes of `count` values.
public func globalMaxPool(
  _ platform: Platform, _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, planes: Int,
  count: Int
) {
  platform.parallelRanges(planes, grain: max(1, 32768 / max(count, 1))) { range in
    for plane in range { target[plane] = rowMaximum(source + plane &* count, count) }
  }
}

private func forEachPlane(_ platform: Platform, _ planes: Int, _ window: Window, _ body: (Int) -> Void) {
  guard planes > 0, window.output.count > 0 else { return }
  platform.parallelFor(planes, if: planes * window.output.count * window.kernel.count >= 50_000, body)
}

/// The taps of a window along one dimension that lie in the input: mostly all of them.
@inline(__always)
private func inside(_ o: Int, _ stride: Int, _ before: Int, _ dilation: Int, _ kernel: Int, _ input: Int) -> Range<Int>
{
  let first = o &* stride &- before
  if first >= 0, first &+ (kernel &- 1) &* dilation < input { return 0..<kernel }
  return cut(first, dilation, kernel, input)
}

/// The taps from position `first` on that lie in the input.
@inline(never)
private func cut(_ first: Int, _ dilation: Int, _ kernel: Int, _ input: Int) -> Range<Int> {
  if dilation == 1 {
    let low = min(max(0 &- first, 0), kernel)
    return low..<max(low, min(kernel, input &- first))
  }
  let low = first >= 0 ? 0 : (dilation &- 1 &- first) / dilation
  if first &+ (kernel &- 1) &* dilation < input { return min(low, kernel)..<kernel }
  let high = first >= input ? 0 : min(kernel, (input &- 1 &- first) / dilation &+ 1)
  return low..<max(low, high)
}

/// Outputs o of a row whose four windows from o on lie in the input, with what a vector of every second column reads.
@inline(__always)
private func wholeVectors(_ window: Window) -> Range<Int> {
  let step = window.stride.w
  guard step <= 2 else { return 0..<0 }
  let first = (window.before.w &+ step &- 1) / step
  // The last element read: (o + 3) · step - before + (kernel - 1) · dilation + step - 1.
  let room = window.input.w &- 1 &+ window.before.w &- (window.kernel.w &- 1) &* window.dilation.w &- (step &- 1)
  guard room >= 0 else { return 0..<0 }
  let last = min(window.output.w &- 4, room / step &- 3)
  return last >= first ? first..<last &+ 1 : 0..<0
}

/// Sums up the taps of `count` neighbouring windows (at least four) that lie in the input, from the left, then from the
/// top, and divides by `size`.
@inline(__always)
private func averages(
  _ rows: UnsafePointer<Float>, _ taps: Range<Int>, _ rowStep: Int, _ window: Window, _ size: Float,
  _ target: UnsafeMutablePointer<Float>, _ count: Int
) {
  let size = Lanes(repeating: size)
  let isEvery = window.stride.w == 1
  let width = window.kernel.w
  var i = 0
  while i < count, count >= 16 {
    // The last vectors may repeat some of the windows before.
    i = min(i, count &- 16)
    var (a, b, c, d) = (Lanes(repeating: 0), Lanes(repeating: 0), Lanes(repeating: 0), Lanes(repeating: 0))
    for y in taps {
      var p = rows + (y &* rowStep &+ i &* window.stride.w)
      for _ in 0..<width {
        if isEvery {
          a += load(p)
          b += load(p + 4)
          c += load(p + 8)
          d += load(p + 12)
        } else {
          a += evenLanes(load(p), load(p + 4))
          b += evenLanes(load(p + 8), load(p + 12))
          c += evenLanes(load(p + 16), load(p + 20))
          d += evenLanes(load(p + 24), load(p + 28))
        }
        p += window.dilation.w
      }
    }
    store(a / size, target + i)
    store(b / size, target + (i &+ 4))
    store(c / size, target + (i &+ 8))
    store(d / size, target + (i &+ 12))
    i &+= 16
  }
  while i < count {
    i = min(i, count &- 4)
    var a = Lanes(repeating: 0)
    for y in taps {
      var p = rows + (y &* rowStep &+ i &* window.stride.w)
      for _ in 0..<width {
        a += isEvery ? load(p) : evenLanes(load(p), load(p + 4))
        p += window.dilation.w
      }
    }
    store(a / size, target + i)
    i &+= 4
  }
}

@inline(__always)
private func foldScalar<T>(
  _ plane: UnsafePointer<T>, _ z: Range<Int>, _ y: Range<Int>, _ x: Range<Int>, _ origin: Int, _ window: Window,
  _ start: T, _ combine: (T, T) -> T
) -> T {
  var result = start
  let (input, dilation) = (window.input, window.dilation)
  for z in z {
    for y in y {
      let row = origin &+ (z &* dilation.d &* input.h &+ y &* dilation.h) &* input.w
      for x in x { result = combine(result, plane[row &+ x &* dilation.w]) }
    }
  }
  return result
}

/// Calls `vector` for runs of at least four outputs of a row that lie in the input and `scalar` for the others.
@inline(__always)
private func forEachOutput(
  _ window: Window, vectors: Bool = true,
  vector: (_ place: Int, _ origin: Int, _ y: Range<Int>, _ row: Int, _ count: Int) -> Void,
  scalar: (_ place: Int, _ origin: Int, _ z: Range<Int>, _ y: Range<Int>, _ x: Range<Int>, _ o: Extent) -> Void
) {
  let (input, output, kernel, stride) = (window.input, window.output, window.kernel, window.stride)
  let (before, dilation) = (window.before, window.dilation)
  let whole = vectors && kernel.d == 1 && output.d == 1 && input.d == 1 ? wholeVectors(window) : 0..<0
  var place = 0
  for oz in 0..<output.d {
    let z = inside(oz, stride.d, before.d, dilation.d, kernel.d, input.d)
    for oy in 0..<output.h {
      let y = inside(oy, stride.h, before.h, dilation.h, kernel.h, input.h)
      let row = ((oz &* stride.d &- before.d) &* input.h &+ oy &* stride.h &- before.h) &* input.w &- before.w
      var ox = 0
      while ox < output.w {
        let origin = row &+ ox &* stride.w
        if ox == whole.lowerBound && !whole.isEmpty && !y.isEmpty {
          // Each place of `whole` is where four begin.
          vector(place &+ ox, origin, y, oy, whole.count &+ 3)
          ox = whole.upperBound &+ 3
        } else {
          let x = inside(ox, stride.w, before.w, dilation.w, kernel.w, input.w)
          scalar(place &+ ox, origin, z, y, x, Extent(oz, oy, ox))
          ox &+= 1
        }
      }
      place &+= output.w
    }
  }
}

/// The largest of each window of one plane in two steps, which takes fewer taps than a window has: taps above each other into a
/// row on the stack, where -infinity stands for the padding, then neighbours in that row, four windows at a time.
/// Answers false where a row of that size is too short for a window. Sums are not taken like that: the order of their
/// terms would be another.
private func foldMaximum(
  _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ window: Window
) -> Bool {
  let (input, output, kernel, stride) = (window.input, window.output, window.kernel, window.stride)
  let (before, dilation) = (window.before, window.dilation)
  // The elements that four windows see, but for those of the first one's left edge; a vector may read three more.
  let room = RowType.f32.tileCount &- 4
  guard kernel.w <= 64, dilation.w <= 64, stride.w <= 32 else { return false }
  let reach = (kernel.w &- 1) &* dilation.w &+ 1
  let chunk = ((room &- reach) / stride.w &+ 1) & ~3
  guard reach < room, chunk >= 4 else { return false }
  let initial = Lanes(repeating: -.infinity)
  let (rowStep, planeStep) = (dilation.h &* input.w, dilation.d &* input.h &* input.w)
  Tile.with { tile in
    let row = tile.assumingMemoryBound(to: Float.self)
    var to = target
    for oz in 0..<output.d {
      let z = inside(oz, stride.d, before.d, dilation.d, kernel.d, input.d)
      for oy in 0..<output.h {
        let y = inside(oy, stride.h, before.h, dilation.h, kernel.h, input.h)
        let top = oy &* stride.h &- before.h &+ y.lowerBound &* dilation.h
        let corner = ((oz &* stride.d &- before.d) &* input.h &+ top) &* input.w
        var ox = 0
        while ox < output.w {
          let count = min(chunk, output.w &- ox)
          // The row begins with what the first window sees.
          let first = ox &* stride.w &- before.w
          let width = (count &- 1) &* stride.w &+ reach
          let (low, high) = (min(width, max(0, 0 &- first)), min(width, input.w &- first))
          fillLanes(row, with: -.infinity, count: low)
          // A row of less than a vector goes column by column.
          let isNarrow = high &- low < 4
          var i = low
          while i &+ 16 <= high {
            var (a, b, c, d) = (initial, initial, initial, initial)
            for z in z {
              var p = source + (corner &+ z &* planeStep &+ first &+ i)
              for _ in y {
                a = load(p).atLeast(a)
                b = load(p + 4).atLeast(b)
                c = load(p + 8).atLeast(c)
                d = load(p + 12).atLeast(d)
                p += rowStep
              }
            }
            store(a, row + i)
            store(b, row + (i &+ 4))
            store(c, row + (i &+ 8))
            store(d, row + (i &+ 12))
            i &+= 16
          }
          // The last vector may repeat some of the columns before.
          if i < high, high &- i < 4, !isNarrow { i = high &- 4 }
          while i < high {
            var result = initial
            for z in z {
              var p = source + (corner &+ z &* planeStep &+ first &+ i)
              for _ in y {
                result = (isNarrow ? Lanes(repeating: p.pointee) : load(p)).atLeast(result)
                p += rowStep
              }
            }
            store(result, row + i)
            i = isNarrow ? i &+ 1 : i &+ 4 < high && i &+ 8 > high ? high &- 4 : i &+ 4
          }
          if high < width { fillLanes(row + max(low, high), with: -.infinity, count: width &- max(low, high)) }
          i = 0
          while i < count {
            var p = UnsafePointer(row) + i &* stride.w
            var result = initial
            var left = kernel.w
            if stride.w == 2, dilation.w == 1 {
              // Two vectors hold a pair of taps.
              while left >= 2 {
                let (x, y) = (load(p), load(p + 4))
                result = oddLanes(x, y).atLeast(evenLanes(x, y).atLeast(result))
                p += 2
                left &-= 2
              }
            }
            while left > 0 {
              let x =
                switch stride.w {
                case 1: load(p)
                case 2: evenLanes(load(p), load(p + 4))
                default: Lanes(p[0], p[stride.w], p[2 &* stride.w], p[3 &* stride.w])
                }
              result = x.atLeast(result)
              p += dilation.w
              left &-= 1
            }
            if i &+ 4 <= count { store(result, to + i) } else { store(result, to + i, count: count &- i) }
            i &+= 4
          }
          to += count
          ox &+= count
        }
      }
    }
  }
  return true
}

private func maxPoolPlane(_ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ window: Window) {
  if slideMaximum(source, target, window) || foldMaximum(source, target, window) { return }
  maxPoolIndexed(source, target, nil, 0, window, false)
}

private func averagePoolPlane(
  _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ window: Window, _ includePadding: Bool
) {
  let rowStep = window.dilation.h &* window.input.w
  let (input, kernel, stride) = (window.input, window.kernel, window.stride)
  let (before, after, dilation) = (window.before, window.after, window.dilation)
  // The rows of taps that count, of the row of outputs at hand.
  var (at, taps) = (Extent(-1, -1, -1), 0)
  forEachOutput(window) { place, origin, y, row, count in
    let rows =
      includePadding ? paddedTaps(row, stride.h, dilation.h, kernel.h, input.h &+ before.h &+ after.h) : y.count
    averages(source + origin, y, rowStep, window, Float(rows &* kernel.w), target + place, count)
  } scalar: { place, origin, z, y, x, o in
    if o.h != at.h || o.d != at.d {
      at = o
      taps = includePadding ? paddedRows(o, window) : z.count &* y.count
    }
    let count = taps &* (includePadding ? paddedColumns(o, window) : x.count)
    target[place] = mean(source, z, y, x, origin, window, count)
  }
}

/// With padding, the rows of taps, and the taps of a row, that lie in the padded input.
@inline(__always)
private func paddedRows(_ o: Extent, _ window: Window) -> Int {
  let (input, kernel, stride) = (window.input, window.kernel, window.stride)
  let (before, after, dilation) = (window.before, window.after, window.dilation)
  return paddedTaps(o.d, stride.d, dilation.d, kernel.d, input.d &+ before.d &+ after.d)
    &* paddedTaps(o.h, stride.h, dilation.h, kernel.h, input.h &+ before.h &+ after.h)
}

@inline(__always)
private func paddedColumns(_ o: Extent, _ window: Window) -> Int {
  paddedTaps(
    o.w, window.stride.w, window.dilation.w, window.kernel.w, window.input.w &+ window.before.w &+ window.after.w)
}

/// With padding, the taps that lie in the padded input: that of the padding before counts from its start.
@inline(__always)
private func paddedTaps(_ o: Int, _ stride: Int, _ dilation: Int, _ kernel: Int, _ extent: Int) -> Int {
  inside(o, stride, 0, dilation, kernel, extent).count
}

@inline(__always)
private func mean<T: Real>(
  _ source: UnsafePointer<T>, _ z: Range<Int>, _ y: Range<Int>, _ x: Range<Int>, _ origin: Int, _ window: Window,
  _ count: Int
) -> T {
  let sum: T = foldScalar(source, z, y, x, origin, window, 0) { $0 + $1 }
  return count == 0 ? 0 : sum / T(Double(count))
}

private func maxPoolIndexed<T: Real>(
  _ source: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, _ indices: UnsafeMutablePointer<Int64>?,
  _ base: Int, _ window: Window, _ columnMajor: Bool
) {
  let (input, dilation) = (window.input, window.dilation)
  forEachOutput(
    window, vectors: false, vector: { _, _, _, _, _ in },
    scalar: { place, origin, z, y, x, _ in
      var (best, at) = (-T.infinity, -1)
      for z in z {
        for y in y {
          for x in x {
            let i = origin &+ (z &* dilation.d &* input.h &+ y &* dilation.h) &* input.w &+ x &* dilation.w
            if at < 0 || source[i] > best { (best, at) = (source[i], i) }
          }
        }
      }
      target[place] = best
      guard let indices else { return }
      if at < 0 {
        indices[place] = -1
        return
      }
      let (row, column) = at.quotientAndRemainder(dividingBy: input.w)
      let (depth, height) = row.quotientAndRemainder(dividingBy: input.h)
      indices[place] = Int64(base &+ (columnMajor ? (column &* input.h &+ height) &* input.d &+ depth : at))
    })
}
