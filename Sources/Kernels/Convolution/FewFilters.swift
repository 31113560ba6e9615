/// Convolutions of at most four filters in a group, as the last layers of generators, depth and segmentation have them.
///
/// There a product would take most of its time for packing columns of the input that few filters read. So each tap is
/// multiplied with the rows of the (padded) input where they lie: eight vectors of sums, of one filter, two or four.
extension Convolution {
  /// Whether outputs are neighbours in rows of at least eight, and each input is read by more than one tap.
  var hasFewFilters: Bool {
    filters <= 4 && window.stride.w == 1 && window.output.w >= 8 && window.kernel.count > 1 && depth > 0
  }

  func runFew(_ platform: Platform, _ image: Image) {
    let rows = window.output.d * window.output.h
    // Long rows, as a line is one, are several pieces of work.
    let pieces = max(1, window.output.w / 1024)
    let work = filters.multipliedReportingOverflow(by: depth).partialValue &* (window.output.w / pieces)
    platform.parallelRanges(groups * rows * pieces, grain: max(1, (1 << 16) / max(1, work))) { range in
      for i in range {
        let (line, piece) = i.quotientAndRemainder(dividingBy: pieces)
        let width = window.output.w
        row(image, line / rows, line % rows, piece * width / pieces..<(piece + 1) * width / pieces)
      }
    }
  }

  /// A range of a row of all filters of a group.
  private func row(_ image: Image, _ group: Int, _ row: Int, _ range: Range<Int>) {
    let (width, positions) = (range.count, window.output.count)
    let columns = image.im2Col.group(group, stride: image.groupStride)
    let from = columns.source + columns.offset(row &* window.output.w &+ range.lowerBound)
    let weights = image.weights + group &* GemmPack.leftCount(m: filters, k: depth)
    let first = (group &* filters) &* positions &+ row &* window.output.w &+ range.lowerBound
    let to = image.output + first
    let chunk = filters == 1 && width >= 32 ? 32 : filters <= 2 && width >= 16 ? 16 : 8
    var x = 0
    while x < width {
      // The last chunk may repeat some of the columns before.
      x = min(x, width &- chunk)
      switch chunk {
      case 32: one(from + x, columns.taps, weights, to + x)
      case 16: two(from + x, columns.taps, weights, to + x, positions)
      default: four(from + x, columns.taps, weights, to + x, positions)
      }
      x &+= chunk
    }
    finish(
      to, ldc: positions, rows: filters, columns: width,
      image.epilogue.advanced(row: group &* filters, column: 0, offset: first))
  }

  /// 32 outputs of one filter.
  @inline(never)
  private func one(
    _ source: UnsafePointer<Float>, _ taps: UnsafePointer<Int32>, _ weights: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>
  ) {
    let zero = Lanes(repeating: 0)
    var (a, b, c, d, e, f, g, h) = (zero, zero, zero, zero, zero, zero, zero, zero)
    for k in 0..<depth {
      let p = pin(source + Int(taps[k]))
      let w = Lanes(repeating: weights[4 &* k])
      a.add(w, times: load(p))
      b.add(w, times: load(p + 4))
      c.add(w, times: load(p + 8))
      d.add(w, times: load(p + 12))
      e.add(w, times: load(p + 16))
      f.add(w, times: load(p + 20))
      g.add(w, times: load(p + 24))
      h.add(w, times: load(p + 28))
      (a, b, c, d) = (pin(a), pin(b), pin(c), pin(d))
      (e, f, g, h) = (pin(e), pin(f), pin(g), pin(h))
    }
    store(a, output)
    store(b, output + 4)
    store(c, output + 8)
    store(d, output + 12)
    store(e, output + 16)
    store(f, output + 20)
    store(g, output + 24)
    store(h, output + 28)
  }

  /// 16 outputs of two filters, or of one.
  @inline(never)
  private func two(
    _ source: UnsafePointer<Float>, _ taps: UnsafePointer<Int32>, _ weights: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>, _ positions: Int
  ) {
    let zero = Lanes(repeating: 0)
    var (a, b, c, d, e, f, g, h) = (zero, zero, zero, zero, zero, zero, zero, zero)
    for k in 0..<depth {
      let p = pin(source + Int(taps[k]))
      let (v, w) = (Lanes(repeating: weights[4 &* k]), Lanes(repeating: weights[4 &* k &+ 1]))
      let x0 = load(p)
      a.add(v, times: x0)
      e.add(w, times: x0)
      let x1 = load(p + 4)
      b.add(v, times: x1)
      f.add(w, times: x1)
      let x2 = load(p + 8)
      c.add(v, times: x2)
      g.add(w, times: x2)
      let x3 = load(p + 12)
      d.add(v, times: x3)
      h.add(w, times: x3)
      (a, b, c, d) = (pin(a), pin(b), pin(c), pin(d))
      (e, f, g, h) = (pin(e), pin(f), pin(g), pin(h))
    }
    store(a, output)
    store(b, output + 4)
    store(c, output + 8)
    store(d, output + 12)
    guard filters > 1 else { return }
    let output = output + positions
    store(e, output)
    store(f, output + 4)
    store(g, output + 8)
    store(h, output + 12)
  }

  /// Eight outputs of up to four filters.
  @inline(never)
  private func four(
    _ source: UnsafePointer<Float>, _ taps: UnsafePointer<Int32>, _ weights: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>, _ positions: Int
  ) {
    var tile = Tile4x8()
    var w = weights
    for k in 0..<depth {
      let p = source + Int(taps[k])
      tile.step(w[0], w[1], w[2], w[3], load(p), load(p + 4))
      w += 4
    }
    store(tile.a0, output)
    store(tile.a1, output + 4)
    if filters > 1 {
      store(tile.b0, output + positions)
      store(tile.b1, output + (positions &+ 4))
    }
    if filters > 2 {
      store(tile.c0, output + 2 &* positions)
      store(tile.c1, output + (2 &* positions &+ 4))
    }
    if filters > 3 {
      store(tile.d0, output + 3 &* positions)
      store(tile.d1, output + (3 &* positions &+ 4))
    }
  }
}
