import Tensors

/// Computes `out = rows(x)`, element by element, in `row` arithmetic. `out` may lie in the memory of `x` where both are
/// of one type.
public func map(_ rows: UnaryRows, _ x: Tensor, into out: Tensor, as row: RowType, on platform: Platform) {
  assert(x.count == out.count)
  if x.type == .bool, let truths = rows.truths {
    return platform.parallelRanges(out.count, grain: 65_536) { range in
      truths(x.bytes + range.lowerBound, out.bytes + range.lowerBound, range.count)
    }
  }
  let compute = rows[row]!
  let isDirect = rows.givesBools || out.type.isRowType && out.type.rowType == row
  let outWidth = out.type.byteWidth
  platform.parallelRanges(out.count, grain: 8_192) { range in
    Tile.with { tileX in
      Tile.with { tileOut in
        var source = RowSource(x, row, step: 1, tile: tileX)
        let chunk = isDirect && source.isDirect ? range.count : row.tileCount
        var first = range.lowerBound
        while first < range.upperBound {
          let n = min(chunk, range.upperBound - first)
          let elements = source.elements(first, 0, n)
          if isDirect {
            compute(elements, out.bytes + first * outWidth, n)
          } else {
            compute(elements, tileOut, n)
            Tile.store(tileOut, as: out.type, to: out.bytes, first: first, count: n)
          }
          first += n
        }
      }
    }
  }
}
