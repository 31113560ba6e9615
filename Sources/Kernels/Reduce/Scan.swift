import Tensors

/// Sums (or products) of all elements up to each one along `axis`.
///
/// `exclusive` leaves out the element itself, `reverse` goes from the end. Floats are added up in double precision and
/// rounded where they are stored; integers wrap around. `x` and `out` are of one type and shape [outer, dim, inner].
public func scan(
  _ x: Tensor, axis: Int, product: Bool, exclusive: Bool, reverse: Bool, into out: Tensor, on platform: Platform
) {
  let dim = x.shape[axis]
  let inner = x.shape.dims[(axis + 1)...].productSaturating
  guard x.count > 0 else { return }
  let own = x.type.rowType!
  let row: RowType = own == .f32 ? .f64 : own
  let compute = (product ? BinaryRows.multiply : BinaryRows.add)[row]!
  let width = row.tileCount
  if inner == 1 {
    forEach(x.count / dim, byteCount: dim * 8, on: platform) { range in
      for line in range { scanLine(x, line * dim, dim, product, exclusive, reverse, row, out) }
    }
    return
  }
  let chunks = (inner + width - 1) / width
  forEach(x.count / (dim * inner) * chunks, byteCount: dim * min(inner, width) * 8, on: platform) { range in
    Tile.with { sums in
      Tile.with { tile in
        Tile.with { copy in
          for piece in range {
            let (block, chunk) = piece.quotientAndRemainder(dividingBy: chunks)
            let first = chunk * width
            let n = min(width, inner - first)
            start(sums, product, row)
            Tile.spread(sums, n, row)
            if x.type == .float32, !product {
              let (source, target) = (
                x.bytes.assumingMemoryBound(to: Float.self), out.bytes.assumingMemoryBound(to: Float.self)
              )
              for i in 0..<dim {
                let at = (block &* dim &+ (reverse ? dim &- 1 &- i : i)) &* inner &+ first
                addRow(source + at, sums.assumingMemoryBound(to: Double.self), target + at, n, exclusive)
              }
              continue
            }
            for i in 0..<dim {
              let at = (block * dim + (reverse ? dim - 1 - i : i)) * inner + first
              Tile.load(x.type, x.bytes, first: at, count: n, as: row, into: tile)
              if exclusive { copy.copyMemory(from: sums, byteCount: n * 8) }
              compute(sums, tile, sums, n)
              if !exclusive { copy.copyMemory(from: sums, byteCount: n * 8) }
              Tile.convert(copy, n, from: row, to: own)
              Tile.store(copy, as: out.type, to: out.bytes, first: at, count: n)
            }
          }
        }
      }
    }
  }
}

/// Adds a row to the sums, and stores these, or what they were.
private func addRow(
  _ x: UnsafePointer<Float>, _ sums: UnsafeMutablePointer<Double>, _ out: UnsafeMutablePointer<Float>, _ count: Int,
  _ exclusive: Bool
) {
  if exclusive {
    for i in 0..<count {
      let (value, sum) = (Double(x[i]), sums[i])
      out[i] = Float(sum)
      sums[i] = sum + value
    }
  } else {
    for i in 0..<count {
      let sum = sums[i] + Double(x[i])
      out[i] = Float(sum)
      sums[i] = sum
    }
  }
}

/// The same along a line of neighbours, a tile at a time.
private func scanLine(
  _ x: Tensor, _ first: Int, _ count: Int, _ product: Bool, _ exclusive: Bool, _ reverse: Bool, _ row: RowType,
  _ out: Tensor
) {
  Tile.with { tile in
    let (floats, integers) = (tile.assumingMemoryBound(to: Double.self), tile.assumingMemoryBound(to: Int64.self))
    var (float, integer) = (product ? 1.0 : 0, product ? 1 : 0 as Int64)
    var done = 0
    while done < count {
      let n = min(row.tileCount, count - done)
      let at = first + (reverse ? count - done - n : done)
      Tile.load(x.type, x.bytes, first: at, count: n, as: row, into: tile)
      for step in 0..<n {
        let i = reverse ? n &- 1 &- step : step
        if row == .f64 {
          let next = product ? float * floats[i] : float + floats[i]
          floats[i] = exclusive ? float : next
          float = next
        } else {
          let next = product ? integer &* integers[i] : integer &+ integers[i]
          integers[i] = exclusive ? integer : next
          integer = next
        }
      }
      Tile.convert(tile, n, from: row, to: x.type.rowType!)
      Tile.store(tile, as: out.type, to: out.bytes, first: at, count: n)
      done += n
    }
  }
}

private func start(_ sums: UnsafeMutableRawPointer, _ product: Bool, _ row: RowType) {
  if row == .f64 {
    sums.storeBytes(of: product ? 1 : 0, as: Double.self)
  } else {
    sums.storeBytes(of: product ? 1 : 0, as: Int64.self)
  }
}
