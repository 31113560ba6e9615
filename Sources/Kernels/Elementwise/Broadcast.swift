import Tensors

/// Computes `out = rows(a, b)` under NumPy's broadcasting, in `row` arithmetic.
///
/// `out` has the broadcast shape, or a larger one that both broadcast to. It may lie in the memory of an operand of the
/// same type and shape.
public func broadcast(
  _ rows: BinaryRows, _ a: Tensor, _ b: Tensor, into out: Tensor, as row: RowType, on platform: Platform
) {
  if a.type == b.type, let own = rows.own(a.type), rows.givesBools || out.type == a.type {
    return broadcast(own, a, b, into: out, on: platform)
  }
  let compute = rows[row]!
  let isDirect = rows.givesBools || out.type.rowType == row && out.type.isRowType
  if isDirect, a.isRow(row), b.isRow(row), a.shape.dims == out.shape.dims, b.shape.dims == out.shape.dims {
    // One row, read and written as it is.
    platform.parallelRanges(out.count, grain: 16_384) { range in
      let at = range.lowerBound
      compute(
        a.bytes + at * row.byteWidth, b.bytes + at * row.byteWidth, out.bytes + at * out.type.byteWidth, range.count)
    }
    return
  }
  let walk = BroadcastWalk(out.shape.dims, a.shape.dims, b.shape.dims)
  let outWidth = out.type.byteWidth
  let lanes = isDirect && a.type == .float32 && b.type == .float32 ? rows.lanes : nil
  platform.parallelRanges(walk.count, grain: 16_384) { range in
    if let lanes {
      walk.forEachRow(in: range) { first, count, at in
        var x = Spread(a.bytes + 4 * at.0, walk.step(0))
        var y = Spread(b.bytes + 4 * at.1, walk.step(1))
        x.with { x, xStep in
          y.with { y, yStep in lanes(x, xStep, y, yStep, out.bytes + 4 * first, count) }
        }
      }
      return
    }
    Tile.with { tileA in
      Tile.with { tileB in
        Tile.with { tileOut in
          var left = RowSource(a, row, step: walk.step(0), tile: tileA)
          var right = RowSource(b, row, step: walk.step(1), tile: tileB)
          let chunk = isDirect && left.isDirect && right.isDirect ? Int.max : row.tileCount
          walk.forEachRow(in: range) { first, count, at in
            var done = 0
            while done < count {
              let n = min(chunk, count - done)
              let x = left.elements(at.0, done, n)
              let y = right.elements(at.1, done, n)
              if isDirect {
                compute(x, y, out.bytes + (first + done) * outWidth, n)
              } else {
                compute(x, y, tileOut, n)
                Tile.convert(tileOut, n, from: row, to: out.type.rowType!)
                Tile.store(tileOut, as: out.type, to: out.bytes, first: first + done, count: n)
              }
              done += n
            }
          }
        }
      }
    }
  }
}

/// An operand of a row of lanes: where it lies, or its first element four times, where that is read again and again.
private struct Spread {
  private let row: UnsafeRawPointer
  private let isRow: Bool
  private var four: Lanes

  init(_ row: UnsafeRawPointer, _ step: Int) {
    self.row = row
    isRow = step == 1
    four = Lanes(repeating: row.load(as: Float.self))
  }

  mutating func with(_ body: (_ first: UnsafeRawPointer, _ step: Int) -> Void) {
    if isRow { body(row, 16) } else { withUnsafeBytes(of: &four) { body($0.baseAddress!, 0) } }
  }
}

extension BinaryRows {
  /// The row function for elements of a type that is none of the four, where there is one.
  fileprivate func own(_ type: ElementType) -> BinaryRow? {
    switch type {
    case .bool: truths
    case .int32: i32
    default: nil
    }
  }
}

/// The same with a row function of the elements' own type, which are read and written where they lie.
private func broadcast(
  _ compute: @escaping BinaryRow, _ a: Tensor, _ b: Tensor, into out: Tensor, on platform: Platform
) {
  let walk = BroadcastWalk(out.shape.dims, a.shape.dims, b.shape.dims)
  let (width, outWidth) = (a.type.byteWidth, out.type.byteWidth)
  let isWhole = walk.step(0) == 1 && walk.step(1) == 1
  platform.parallelRanges(walk.count, grain: 65_536 / width) { range in
    Tile.with { tileA in
      Tile.with { tileB in
        walk.forEachRow(in: range) { first, count, at in
          let (left, right) = (a.bytes + at.0 * width, b.bytes + at.1 * width)
          let chunk = isWhole ? count : min(count, Tile.byteCount / width)
          if walk.step(0) == 0 { spread(left, width, chunk, tileA) }
          if walk.step(1) == 0 { spread(right, width, chunk, tileB) }
          var done = 0
          while done < count {
            let n = min(chunk, count &- done)
            compute(
              walk.step(0) == 0 ? tileA : left + done * width, walk.step(1) == 0 ? tileB : right + done * width,
              out.bytes + (first &+ done) * outWidth, n)
            done &+= n
          }
        }
      }
    }
  }
}

/// Writes an element of one or four bytes `count` times.
private func spread(_ element: UnsafeRawPointer, _ width: Int, _ count: Int, _ tile: UnsafeMutableRawPointer) {
  if width == 1 {
    tile.initializeMemory(as: UInt8.self, repeating: element.load(as: UInt8.self), count: count)
  } else {
    tile.initializeMemory(as: UInt32.self, repeating: element.load(as: UInt32.self), count: count)
  }
}

/// `a` rows(…) `b` over `count` neighbours: element `i` of `out` from element `i` of both, all of one type.
func combine(
  _ rows: BinaryRows, _ type: ElementType, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer,
  into out: UnsafeMutableRawPointer, count: Int
) {
  let row = type.rowType!
  if type.isRowType { return rows[row]!(a, b, out, count) }
  Tile.with { tileA in
    Tile.with { tileB in
      var done = 0
      while done < count {
        let n = min(row.tileCount, count - done)
        Tile.load(type, a, first: done, count: n, as: row, into: tileA)
        Tile.load(type, b, first: done, count: n, as: row, into: tileB)
        rows[row]!(tileA, tileB, tileA, n)
        Tile.store(tileA, as: type, to: out, first: done, count: n)
        done += n
      }
    }
  }
}

extension Tensor {
  /// Whether a row function of this type reads the elements as they are.
  fileprivate func isRow(_ row: RowType) -> Bool { type.isRowType && type.rowType == row }
}

/// One operand of a row: where its elements can be read in the type that the row computes in.
struct RowSource {
  let tensor: Tensor
  let row: RowType
  let step: Int
  let tile: UnsafeMutableRawPointer
  /// Whether the row function reads the tensor itself.
  let isDirect: Bool
  private var spreadFrom = -1
  private var spreadCount = 0

  init(_ tensor: Tensor, _ row: RowType, step: Int, tile: UnsafeMutableRawPointer) {
    self.tensor = tensor
    self.row = row
    self.step = step
    self.tile = tile
    isDirect = step == 1 && tensor.isRow(row)
  }

  /// `count` elements, from the one that lies `done` steps after element `start`.
  mutating func elements(_ start: Int, _ done: Int, _ count: Int) -> UnsafeRawPointer {
    if isDirect { return UnsafeRawPointer(tensor.bytes) + (start + done) * row.byteWidth }
    if step == 1 {
      Tile.load(tensor.type, tensor.bytes, first: start + done, count: count, as: row, into: tile)
    } else if spreadFrom != start || spreadCount < count {
      Tile.load(tensor.type, tensor.bytes, first: start, count: 1, as: row, into: tile)
      Tile.spread(tile, count, row)
      (spreadFrom, spreadCount) = (start, count)
    }
    return UnsafeRawPointer(tile)
  }
}

/// How operands are walked under broadcasting: rows along the innermost dim, in the order of the output.
///
/// Neighbouring dims along which every operand goes on evenly are one dim here, so that operands of one shape, or one
/// that is a scalar, make a single row.
struct BroadcastWalk {
  /// The elements of the output.
  let count: Int
  // The collapsed dims, outermost first, and for each the distance in elements between neighbours in each operand.
  private var dims: [Int] = []
  private var steps: [SIMD4<Int>] = []

  /// At most four operands, each of which broadcasts to `out`.
  init(_ out: [Int], _ operands: [Int]...) {
    count = out.productSaturating
    let rank = out.count
    var next = SIMD4<Int>(repeating: 1)
    // From the inside out: each axis extends the dim before it, or starts a new one.
    for axis in (0..<rank).reversed() where out[axis] != 1 {
      var step = SIMD4<Int>(repeating: 0)
      for (k, operand) in operands.enumerated() {
        let own = axis - (rank - operand.count)
        let dim = own < 0 ? 1 : operand[own]
        assert(dim == 1 || dim == out[axis])
        if dim != 1 {
          step[k] = next[k]
          next[k] &*= dim
        }
      }
      if let last = dims.last, step == steps[steps.count - 1] &* last {
        dims[dims.count - 1] &*= out[axis]
      } else {
        dims.append(out[axis])
        steps.append(step)
      }
    }
    if dims.isEmpty {
      dims = [1]
      steps = [SIMD4(repeating: 1)]
    }
    dims.reverse()
    steps.reverse()
  }

  /// Elements between neighbours of a row in operand `k`: 0 or 1.
  func step(_ k: Int) -> Int { steps[steps.count - 1][k] }

  /// Calls `body` with each row, or part of one, of the output elements in `range`: its first output element, its
  /// length, and the element of each operand where it starts.
  @inline(__always)
  func forEachRow(in range: Range<Int>, _ body: (_ first: Int, _ count: Int, _ at: (Int, Int, Int)) -> Void) {
    let length = dims[dims.count - 1]
    var first = range.lowerBound
    while first < range.upperBound {
      var row = first / length
      let inside = first - row * length
      var at = steps[steps.count - 1] &* inside
      var axis = dims.count - 2
      while axis >= 0 {
        let outer = row / dims[axis]
        at &+= steps[axis] &* (row - outer * dims[axis])
        row = outer
        axis -= 1
      }
      let n = min(length - inside, range.upperBound - first)
      body(first, n, (at[0], at[1], at[2]))
      first += n
    }
  }
}
