import Tensors

/// The determinants of `x` [batch..., n, n], a float tensor, by elimination in double precision; `scratch` takes n·n
/// numbers.
public func determinants(_ x: Tensor, into out: Tensor, scratch: UnsafeMutablePointer<Double>) {
  let n = x.shape[x.shape.rank - 1]
  Tile.with { tile in
    for matrix in 0..<out.count {
      for first in stride(from: 0, to: n * n, by: RowType.f64.tileCount) {
        let count = min(RowType.f64.tileCount, n * n - first)
        Tile.load(x.type, x.bytes, first: matrix * n * n + first, count: count, as: .f64, into: tile)
        (scratch + first).update(from: tile.assumingMemoryBound(to: Double.self), count: count)
      }
      tile.storeBytes(of: determinant(scratch, n), as: Double.self)
      Tile.convert(tile, 1, from: .f64, to: out.type.rowType!)
      Tile.store(tile, as: out.type, to: out.bytes, first: matrix, count: 1)
    }
  }
}

/// Gauss's elimination with the greatest pivot of each column; the matrix is used up.
private func determinant(_ m: UnsafeMutablePointer<Double>, _ n: Int) -> Double {
  var result = 1.0
  for column in 0..<n {
    var pivot = column
    for row in column..<n where m[row * n + column].magnitude > m[pivot * n + column].magnitude { pivot = row }
    if m[pivot * n + column] == 0 { return 0 }
    if pivot != column {
      for k in 0..<n { (m[pivot * n + k], m[column * n + k]) = (m[column * n + k], m[pivot * n + k]) }
      result = -result
    }
    result *= m[column * n + column]
    for row in (column + 1)..<max(n, column + 1) {
      let factor = m[row * n + column] / m[column * n + column]
      for k in column..<n { m[row * n + k] -= factor * m[column * n + k] }
    }
  }
  return result
}
