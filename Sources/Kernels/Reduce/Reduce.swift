import Tensors

/// What a reduction makes of the elements along its axes.
public enum Reduction: Sendable {
  case sum, mean, product, maximum, minimum
  /// The sum of magnitudes, and the square root of the sum of squares.
  case l1, l2
  case sumOfSquares
  /// The logarithm of the sum, and of the sum of exponentials.
  case logSum, logSumExp

  /// How two elements, or two partial results, become one.
  fileprivate var rows: BinaryRows {
    switch self {
    case .product: .multiply
    case .maximum: .maximum
    case .minimum: .minimum
    default: .add
    }
  }
}

/// Reduces `x` over `axes`, which count from the front and differ; `out` has the remaining dims, or 1 in place of each
/// reduced one.
///
/// Nothing to reduce gives 0 for sums and norms, 1 for products, the type's least or greatest value for extremes, NaN (or
/// 0 of an integer) for means. Integers wrap around; their means, roots and logarithms are cut towards 0.
public func reduce(_ reduction: Reduction, _ x: Tensor, axes: [Int], into out: Tensor, on platform: Platform) {
  let layout = ReducedLayout(x.shape.dims, axes)
  guard out.count > 0 else { return }
  let fold = Fold(reduction, x, layout, out)
  if layout.innerKept > 1 {
    let addsUp = fold.addsUpColumns
    let width = addsUp ? Fold.addedWidth : Fold.width
    let chunks = (layout.innerKept + width - 1) / width
    forEach(layout.outerCount * chunks, byteCount: layout.depth * width * 4, on: platform) { range in
      for piece in range {
        let (outer, first) = (piece / chunks, piece % chunks * width)
        if addsUp { fold.addColumns(outer, from: first) } else { fold.columns(outer, from: first) }
      }
    }
  } else {
    let isPlain = fold.isPlain
    forEach(layout.outerCount, byteCount: layout.depth * 4, on: platform) { range in
      if isPlain { fold.plainRuns(range) } else { for output in range { fold.runs(output) } }
    }
  }
}

/// The dims of a tensor parted into kept and reduced ones, neighbours of a kind joined.
struct ReducedLayout {
  struct Dim {
    var size: Int
    var step: Int
  }

  /// The kept dims but for the innermost, where that is the last dim of all.
  private(set) var outer: [Dim] = []
  /// The reduced dims but for the innermost, where that is the last dim of all.
  private(set) var reduced: [Dim] = []
  /// Neighbouring outputs whose elements are neighbours too; 1 where the last dim is reduced.
  private(set) var innerKept = 1
  /// Neighbours that go into one output; 1 where the last dim is kept.
  private(set) var innerReduced = 1
  private(set) var outerCount = 1
  /// Reduced rows or runs for each output.
  private(set) var reducedCount = 1
  /// Elements that go into one output.
  var depth: Int { reducedCount * innerReduced }

  init(_ dims: [Int], _ axes: [Int]) {
    let steps = dims.packedStrides
    var wasReduced: Bool?
    for axis in 0..<dims.count where dims[axis] != 1 {
      let isReduced = axes.contains(axis)
      let dim = Dim(size: dims[axis], step: steps[axis])
      if isReduced {
        Self.add(dim, to: &reduced, joining: wasReduced == true)
      } else {
        Self.add(dim, to: &outer, joining: wasReduced == false)
      }
      wasReduced = isReduced
    }
    if wasReduced == true { innerReduced = reduced.removeLast().size }
    if wasReduced == false { innerKept = outer.removeLast().size }
    for dim in outer { outerCount *= dim.size }
    for dim in reduced { reducedCount *= dim.size }
  }

  private static func add(_ dim: Dim, to list: inout [Dim], joining: Bool) {
    if joining, let last = list.popLast() {
      list.append(Dim(size: last.size * dim.size, step: dim.step))
    } else {
      list.append(dim)
    }
  }

  static func offset(_ i: Int, _ dims: [Dim]) -> Int {
    var (rest, at, axis) = (i, 0, dims.count - 1)
    while axis > 0 {
      let next = rest / dims[axis].size
      at += (rest - next * dims[axis].size) * dims[axis].step
      rest = next
      axis -= 1
    }
    return axis < 0 ? at : at + rest * dims[0].step
  }
}

/// One reduction under way: rows of elements are folded into a row of as many partial results.
private struct Fold {
  /// The outputs that are worked on at once where the last dim is kept.
  static let width = 128

  /// The same where sums of f32 are made where they go: few enough for the first-level cache, and rows long enough to
  /// be read ahead.
  static let addedWidth = 1024

  let reduction: Reduction
  let x: Tensor
  let layout: ReducedLayout
  let out: Tensor
  /// What is computed in: f32 where few enough are added up one after another, else twice the width.
  let row: RowType
  /// Whether elements can be folded as they are, where they lie.
  let isDirect: Bool

  init(_ reduction: Reduction, _ x: Tensor, _ layout: ReducedLayout, _ out: Tensor) {
    (self.reduction, self.x, self.layout, self.out) = (reduction, x, layout, out)
    // At most 64 in one lane of a run, and 256 in a column, which is added up one by one.
    let isShort = layout.innerKept == 1 ? layout.depth <= 1 << 14 : layout.depth <= 256
    switch reduction {
    case .logSum, .logSumExp, .l2: row = .f64
    case .maximum, .minimum: row = x.type.rowType!
    default:
      let own = x.type.rowType!
      row = own == .f32 && (x.type != .float32 || !isShort) ? .f64 : own
    }
    switch reduction {
    case .l1, .l2, .sumOfSquares, .logSumExp: isDirect = false
    default: isDirect = x.type.isRowType && x.type.rowType == row
    }
  }

  /// Whether each output is made of one run of f32, and the runs follow each other.
  var isPlain: Bool {
    guard x.type == .float32, out.type == .float32, layout.reducedCount == 1, layout.outer.count <= 1 else {
      return false
    }
    switch reduction {
    case .sum, .mean, .maximum, .minimum: return row == .f32
    case .l1, .l2, .sumOfSquares: return true
    // What is added up one by one in f32 must be little.
    case .logSumExp: return layout.innerReduced <= 1 << 14
    default: return false
    }
  }

  /// Outputs that are plain.
  func plainRuns(_ outputs: Range<Int>) {
    let count = layout.innerReduced
    let target = out.bytes.assumingMemoryBound(to: Float.self)
    var from = UnsafePointer(x.bytes.assumingMemoryBound(to: Float.self)) + outputs.lowerBound * count
    var first = outputs.lowerBound
    if count < 16, reduction == .sum || reduction == .mean {
      let size = Lanes(repeating: reduction == .mean ? Float(count) : 1)
      while first &+ 4 <= outputs.upperBound {
        store(rowSums(from, count) / size, target + first)
        from += 4 &* count
        first &+= 4
      }
    }
    for output in first..<outputs.upperBound {
      switch reduction {
      case .sum: target[output] = rowSum(from, count)
      case .mean: target[output] = rowSum(from, count) / Float(count)
      case .l1: target[output] = Float(sumOfTerms(count) { Double(from[$0].magnitude) })
      case .l2: target[output] = Float(squares(from, count).squareRoot())
      case .sumOfSquares: target[output] = Float(squares(from, count))
      case .logSumExp: target[output] = logarithmOfSum(from, count) ?? slowly(output)
      default: target[output] = rowExtreme(from, count)
      }
      from += count
    }
  }

  private func squares(_ from: UnsafePointer<Float>, _ count: Int) -> Double {
    sumOfTerms(count) { Double(from[$0]) * Double(from[$0]) }
  }

  /// log Σ e^x; nil where the largest is not a finite number.
  private func logarithmOfSum(_ from: UnsafePointer<Float>, _ count: Int) -> Float? {
    let largest = rowMaximum(from, count)
    guard largest.isFinite else { return nil }
    let peak = Lanes(repeating: largest)
    var sum = Lanes(repeating: 0)
    var i = 0
    while i < count {
      let x = i &+ 4 <= count ? load(from + i) : load(from + i, count: count &- i, fill: -.infinity)
      sum += (x - peak).exponential
      i &+= 4
    }
    return Float(CMath.log(Double(sum.total)) + Double(largest))
  }

  private func slowly(_ output: Int) -> Float {
    runs(output)
    return out.bytes.assumingMemoryBound(to: Float.self)[output]
  }

  /// The largest or smallest of a run; NaN where one of it is.
  private func rowExtreme(_ from: UnsafePointer<Float>, _ count: Int) -> Float {
    let sign: Float = reduction == .maximum ? 1 : -1
    let signs = Lanes(repeating: sign)
    var lanes = Lanes(repeating: -.infinity)
    var sum = Lanes(repeating: 0)
    var i = 0
    while i < count {
      let x = i &+ 4 <= count ? load(from + i) : load(from + i, count: count &- i, fill: from[0])
      sum += x
      lanes = (x * signs).atLeast(lanes)
      i &+= 4
    }
    // A sum that is NaN has met one, or infinities of both signs.
    if sum.total.isNaN { for i in 0..<count where from[i].isNaN { return from[i] } }
    return lanes.largest * sign
  }

  /// One output: all its runs, folded into lanes, and then the lanes.
  func runs(_ output: Int) {
    let base = ReducedLayout.offset(output, layout.outer)
    Tile.with { lanes in
      Tile.with { tile in
        Tile.with { peak in
          if reduction == .logSumExp {
            run(.maximum, base, lanes, tile, peak)
            peak.copyMemory(from: lanes, byteCount: 8)
          }
          run(reduction, base, lanes, tile, peak)
          finish(lanes, 1, at: output, peak)
        }
      }
    }
  }

  private func run(
    _ reduction: Reduction, _ base: Int, _ lanes: UnsafeMutableRawPointer, _ tile: UnsafeMutableRawPointer,
    _ peak: UnsafeMutableRawPointer
  ) {
    let width = min(row.tileCount, max(layout.innerReduced, 1))
    let compute = reduction.rows[row]!
    setIdentity(lanes, width, reduction)
    for r in 0..<layout.reducedCount {
      let start = base + ReducedLayout.offset(r, layout.reduced)
      var done = 0
      while done < layout.innerReduced {
        let n = min(width, layout.innerReduced - done)
        compute(lanes, elements(reduction, start + done, n, tile, peak, peakStep: 0), lanes, n)
        done += n
      }
    }
    var rest = width
    while rest > 1 {
      let half = (rest + 1) / 2
      compute(lanes, lanes + half * row.byteWidth, lanes, rest - half)
      rest = half
    }
  }

  /// Whether columns of f32 are added up in the output itself.
  var addsUpColumns: Bool {
    isDirect && row == .f32 && out.type == .float32 && layout.reduced.count == 1 && layout.depth > 0
      && (reduction == .sum || reduction == .mean)
  }

  /// Sums, or means, of neighbouring columns, one row after another, four of them at a time.
  func addColumns(_ outerIndex: Int, from first: Int) {
    let n = min(Self.addedWidth, layout.innerKept - first)
    let (depth, step) = (layout.depth, layout.reduced[0].step)
    let source = UnsafePointer(x.bytes.assumingMemoryBound(to: Float.self))
    let from = source + (ReducedLayout.offset(outerIndex, layout.outer) + first)
    let to = out.bytes.assumingMemoryBound(to: Float.self) + (outerIndex * layout.innerKept + first)
    var r = 0
    while r < depth {
      let p = from + r &* step
      let isFour = r &+ 4 <= depth
      var k = 0
      while k &+ 4 <= n {
        var sum = (r == 0 ? Lanes(repeating: 0) : load(to + k)) + load(p + k)
        if isFour {
          sum += load(p + (k &+ step))
          sum += load(p + (k &+ 2 &* step))
          sum += load(p + (k &+ 3 &* step))
        }
        store(sum, to + k)
        k &+= 4
      }
      let rows = isFour ? 4 : 1
      while k < n {
        var sum: Float = r == 0 ? 0 : to[k]
        for row in 0..<rows { sum += p[k &+ row &* step] }
        to[k] = sum
        k &+= 1
      }
      r &+= rows
    }
    guard reduction == .mean else { return }
    let size = Lanes(repeating: Float(depth))
    mapLanes(UnsafePointer(to), into: to, count: n) { $0 / size }
  }

  /// Up to `width` neighbouring outputs: row upon row.
  func columns(_ outerIndex: Int, from first: Int) {
    let n = min(Self.width, layout.innerKept - first)
    let base = ReducedLayout.offset(outerIndex, layout.outer) + first
    Tile.with { lanes in
      Tile.with { tile in
        Tile.with { peaks in
          if reduction == .logSumExp {
            rows(.maximum, base, n, lanes, tile, peaks)
            peaks.copyMemory(from: lanes, byteCount: n * 8)
          }
          rows(reduction, base, n, lanes, tile, peaks)
          finish(lanes, n, at: outerIndex * layout.innerKept + first, peaks)
        }
      }
    }
  }

  private func rows(
    _ reduction: Reduction, _ base: Int, _ n: Int, _ lanes: UnsafeMutableRawPointer,
    _ tile: UnsafeMutableRawPointer, _ peaks: UnsafeMutableRawPointer
  ) {
    let compute = reduction.rows[row]!
    setIdentity(lanes, n, reduction)
    let isNorm = reduction == .l1 || reduction == .l2 || reduction == .sumOfSquares
    if isNorm, row == .f64, x.type == .float32 {
      let values = UnsafePointer(x.bytes.assumingMemoryBound(to: Float.self))
      for r in 0..<layout.reducedCount {
        addTerms(
          values + (base + ReducedLayout.offset(r, layout.reduced)), squared: reduction != .l1,
          to: lanes.assumingMemoryBound(to: Double.self), count: n)
      }
      return
    }
    for r in 0..<layout.reducedCount {
      let start = base + ReducedLayout.offset(r, layout.reduced)
      compute(lanes, elements(reduction, start, n, tile, peaks, peakStep: 1), lanes, n)
    }
  }

  /// `n` elements in the form that they are folded in.
  private func elements(
    _ reduction: Reduction, _ first: Int, _ n: Int, _ tile: UnsafeMutableRawPointer, _ peaks: UnsafeMutableRawPointer,
    peakStep: Int
  ) -> UnsafeRawPointer {
    if isDirect { return UnsafeRawPointer(x.bytes) + first * row.byteWidth }
    Tile.load(x.type, x.bytes, first: first, count: n, as: row, into: tile)
    switch reduction {
    case .l1: UnaryRows.abs[row]!(tile, tile, n)
    case .l2, .sumOfSquares: BinaryRows.multiply[row]!(tile, tile, tile, n)
    case .logSumExp:
      let values = tile.assumingMemoryBound(to: Double.self)
      let peaks = peaks.assumingMemoryBound(to: Double.self)
      for i in 0..<n {
        // The peak itself may be infinite, and infinity - infinity is NaN.
        let peak = peaks[i * peakStep]
        values[i] = values[i] == peak ? 1 : CMath.exp(values[i] - peak)
      }
    default: break
    }
    return UnsafeRawPointer(tile)
  }

  private func setIdentity(_ lanes: UnsafeMutableRawPointer, _ n: Int, _ reduction: Reduction) {
    let value: Double =
      switch reduction {
      case .product: 1
      case .maximum: -.infinity
      case .minimum: .infinity
      default: 0
      }
    switch row {
    case .f32: lanes.storeBytes(of: Float(value), as: Float.self)
    case .f64: lanes.storeBytes(of: value, as: Double.self)
    default: lanes.storeBytes(of: value.isFinite ? Int64(value) : extreme(value > 0), as: Int64.self)
    }
    Tile.spread(lanes, n, row)
  }

  /// The greatest or least value of an integer type, or of bool.
  private func extreme(_ greatest: Bool) -> Int64 {
    if x.type == .bool { return greatest ? 1 : 0 }
    if x.type.isUnsigned {
      return greatest ? Int64(truncatingIfNeeded: UInt64.max >> UInt64(64 - x.type.bitWidth)) : 0
    }
    let half = Int64.max >> Int64(64 - x.type.bitWidth)
    return greatest ? half : -half - 1
  }

  /// What is done to the folded values, and their way into the output.
  private func finish(_ lanes: UnsafeMutableRawPointer, _ n: Int, at output: Int, _ peaks: UnsafeMutableRawPointer) {
    var row = row
    if row == .i64 || row == .u64 {
      if reduction == .mean {
        peaks.storeBytes(of: Int64(layout.depth), as: Int64.self)
        Tile.spread(peaks, n, row)
        BinaryRows.divide[row]!(lanes, peaks, lanes, n)
      }
    } else if reduction == .mean || row == .f64 {
      Tile.convert(lanes, n, from: row, to: .f64)
      row = .f64
      let values = lanes.assumingMemoryBound(to: Double.self)
      let peaks = peaks.assumingMemoryBound(to: Double.self)
      for i in 0..<n {
        switch reduction {
        case .mean: values[i] /= Double(layout.depth)
        case .l2: values[i] = values[i].squareRoot()
        case .logSum: values[i] = CMath.log(values[i])
        case .logSumExp: values[i] = CMath.log(values[i]) + peaks[i]
        default: break
        }
      }
    }
    Tile.convert(lanes, n, from: row, to: out.type.rowType!)
    Tile.store(lanes, as: out.type, to: out.bytes, first: output, count: n)
  }
}
