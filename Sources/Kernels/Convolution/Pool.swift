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
    forEachOutput(window) { place, origin, z, y, x, o in
      to[place] = mean(from, z, y, x, origin, window, includePadding, o)
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

/// The taps of a window along one dimension that lie in the input.
@inline(never)
private func inside(_ o: Int, _ stride: Int, _ before: Int, _ dilation: Int, _ kernel: Int, _ input: Int) -> Range<Int>
{
  let first = o &* stride &- before
  let low = first >= 0 ? 0 : (dilation &- 1 &- first) / dilation
  if first &+ (kernel &- 1) &* dilation < input { return min(low, kernel)..<kernel }
  let high = first >= input ? 0 : min(kernel, (input &- 1 &- first) / dilation &+ 1)
  return low..<max(low, high)
}

/// Folds the windows of one plane in two steps, which takes fewer taps than a window has: taps above each other into a
/// row on the stack, where `start` stands for the padding, then neighbours in that row, four windows at a time.
/// `finish` gets the results, four or fewer, with how many rows and which output they are of, and says what is stored.
/// Answers false where a row of that size is too short for a window.
@inline(__always)
private func foldPlane(
  _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ window: Window, _ start: Float,
  includePadding: Bool = false, _ combine: (Lanes, Lanes) -> Lanes,
  finish: (_ result: Lanes, _ rows: Int, _ column: Int) -> Lanes
) -> Bool {
  let (input, output, kernel, stride) = (window.input, window.output, window.kernel, window.stride)
  let (before, dilation) = (window.before, window.dilation)
  // The elements that four windows see, but for those of the first one's left edge; a vector may read three more.
  let room = RowType.f32.tileCount &- 4
  guard kernel.w <= 64, dilation.w <= 64, stride.w <= 32 else { return false }
  let reach = (kernel.w &- 1) &* dilation.w &+ 1
  let chunk = ((room &- reach) / stride.w &+ 1) & ~3
  guard reach < room, chunk >= 4 else { return false }
  let initial = Lanes(repeating: start)
  let (rowStep, planeStep) = (dilation.h &* input.w, dilation.d &* input.h &* input.w)
  Tile.with { tile in
    let row = tile.assumingMemoryBound(to: Float.self)
    var to = target
    for oz in 0..<output.d {
      let z = inside(oz, stride.d, before.d, dilation.d, kernel.d, input.d)
      for oy in 0..<output.h {
        let y = inside(oy, stride.h, before.h, dilation.h, kernel.h, input.h)
        let rows = rowTaps(z, y, Extent(oz, oy, 0), window, includePadding)
        let top = oy &* stride.h &- before.h &+ y.lowerBound &* dilation.h
        let corner = ((oz &* stride.d &- before.d) &* input.h &+ top) &* input.w
        var ox = 0
        while ox < output.w {
          let count = min(chunk, output.w &- ox)
          // The row begins with what the first window sees.
          let first = ox &* stride.w &- before.w
          let width = (count &- 1) &* stride.w &+ reach
          let (low, high) = (min(width, max(0, 0 &- first)), min(width, input.w &- first))
          fillLanes(row, with: start, count: low)
          // A row of less than a vector goes column by column.
          let isNarrow = high &- low < 4
          var i = low
          while i < high {
            var result = initial
            for z in z {
              var p = source + (corner &+ z &* planeStep &+ first &+ i)
              for _ in y {
                result = combine(result, isNarrow ? Lanes(repeating: p.pointee) : load(p))
                p += rowStep
              }
            }
            store(result, row + i)
            // The last vector may repeat some of the columns before.
            i = isNarrow ? i &+ 1 : i &+ 4 < high && i &+ 8 > high ? high &- 4 : i &+ 4
          }
          if high < width { fillLanes(row + max(low, high), with: start, count: width &- max(low, high)) }
          i = 0
          while i < count {
            var p = UnsafePointer(row) + i &* stride.w
            var result = initial
            for _ in 0..<kernel.w {
              let x =
                switch stride.w {
                case 1: load(p)
                case 2: evenLanes(load(p), load(p + 4))
                default: Lanes(p[0], p[stride.w], p[2 &* stride.w], p[3 &* stride.w])
                }
              result = combine(result, x)
              p += dilation.w
            }
            result = finish(result, rows, ox &+ i)
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

/// Calls `body` for each output.
@inline(__always)
private func forEachOutput(
  _ window: Window,
  _ body: (_ place: Int, _ origin: Int, _ z: Range<Int>, _ y: Range<Int>, _ x: Range<Int>, _ o: Extent) -> Void
) {
  let (input, output, kernel, stride) = (window.input, window.output, window.kernel, window.stride)
  let (before, dilation) = (window.before, window.dilation)
  var place = 0
  for oz in 0..<output.d {
    let z = inside(oz, stride.d, before.d, dilation.d, kernel.d, input.d)
    for oy in 0..<output.h {
      let y = inside(oy, stride.h, before.h, dilation.h, kernel.h, input.h)
      let row = ((oz &* stride.d &- before.d) &* input.h &+ oy &* stride.h &- before.h) &* input.w &- before.w
      for ox in 0..<output.w {
        let x = inside(ox, stride.w, before.w, dilation.w, kernel.w, input.w)
        body(place, row &+ ox &* stride.w, z, y, x, Extent(oz, oy, ox))
        place &+= 1
      }
    }
  }
}

private func maxPoolPlane(_ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ window: Window) {
  if slideMaximum(source, target, window) { return }
  let isDone = foldPlane(source, target, window, -.infinity, { $1.atLeast($0) }, finish: { x, _, _ in x })
  if !isDone { maxPoolIndexed(source, target, nil, 0, window, false) }
}

private func averagePoolPlane(
  _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ window: Window, _ includePadding: Bool
) {
  let (kernel, stride) = (window.kernel, window.stride)
  // Windows whose columns all count.
  let before = includePadding ? 0 : window.before.w
  let columns = includePadding ? window.input.w &+ window.before.w &+ window.after.w : window.input.w
  let room = columns &- 1 &+ before &- (kernel.w &- 1) &* window.dilation.w
  let (low, high) = ((before &+ stride.w &- 1) / stride.w, room < 0 ? -1 : room / stride.w)
  let isDone = foldPlane(source, target, window, 0, includePadding: includePadding, { $0 + $1 }) { sum, rows, column in
    var counts = Lanes(repeating: Float(rows &* kernel.w))
    if column < low || column &+ 3 > high {
      for i in 0..<4 { counts[i] = Float(rows &* columnTaps(column &+ i, window, includePadding)) }
    }
    return sum / counts.atLeast(Lanes(repeating: 1))
  }
  if isDone { return }
  forEachOutput(window) { place, origin, z, y, x, o in
    target[place] = mean(source, z, y, x, origin, window, includePadding, o)
  }
}

/// How many rows of a window count for the mean of output `o`, of which those at `z` and `y` lie in the input. With
/// padding, those that lie in the padded input: that of the padding before counts from its start.
@inline(never)
private func rowTaps(_ z: Range<Int>, _ y: Range<Int>, _ o: Extent, _ window: Window, _ includePadding: Bool) -> Int {
  if !includePadding { return z.count &* y.count }
  let (input, kernel, stride) = (window.input, window.kernel, window.stride)
  let (before, after, dilation) = (window.before, window.after, window.dilation)
  return inside(o.d, stride.d, 0, dilation.d, kernel.d, input.d &+ before.d &+ after.d).count
    &* inside(o.h, stride.h, 0, dilation.h, kernel.h, input.h &+ before.h &+ after.h).count
}

/// The same of its columns.
@inline(never)
private func columnTaps(_ o: Int, _ window: Window, _ includePadding: Bool) -> Int {
  let padding = includePadding ? window.before.w &+ window.after.w : 0
  return inside(
    o, window.stride.w, includePadding ? 0 : window.before.w, window.dilation.w, window.kernel.w,
    window.input.w &+ padding
  ).count
}

@inline(__always)
private func mean<T: Real>(
  _ source: UnsafePointer<T>, _ z: Range<Int>, _ y: Range<Int>, _ x: Range<Int>, _ origin: Int, _ window: Window,
  _ includePadding: Bool, _ o: Extent
) -> T {
  let count = rowTaps(z, y, o, window, includePadding) &* columnTaps(o.w, window, includePadding)
  let sum: T = foldScalar(source, z, y, x, origin, window, 0) { $0 + $1 }
  return count == 0 ? 0 : sum / T(Double(count))
}

private func maxPoolIndexed<T: Real>(
  _ source: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, _ indices: UnsafeMutablePointer<Int64>?,
  _ base: Int, _ window: Window, _ columnMajor: Bool
) {
  let (input, dilation) = (window.input, window.dilation)
  forEachOutput(window) { place, origin, z, y, x, _ in
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
  }
}
