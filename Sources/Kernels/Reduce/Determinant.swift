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

/// The inverses of `x` [batch..., n, n], a float tensor, by elimination in double precision; `scratch` takes 2·n·n
/// numbers. Of a singular matrix they are not finite.
public func inverses(_ x: Tensor, into out: Tensor, scratch: UnsafeMutablePointer<Double>) {
  let n = x.shape[x.shape.rank - 1]
  guard x.count > 0 else { return }
  let (matrix, result) = (scratch, scratch + n * n)
  Tile.with { tile in
    for index in 0..<(x.count / (n * n)) {
      for first in stride(from: 0, to: n * n, by: RowType.f64.tileCount) {
        let count = min(RowType.f64.tileCount, n * n - first)
        Tile.load(x.type, x.bytes, first: index * n * n + first, count: count, as: .f64, into: tile)
        (matrix + first).update(from: tile.assumingMemoryBound(to: Double.self), count: count)
      }
      invert(matrix, into: result, n)
      for first in stride(from: 0, to: n * n, by: RowType.f64.tileCount) {
        let count = min(RowType.f64.tileCount, n * n - first)
        tile.copyMemory(from: result + first, byteCount: count * 8)
        Tile.convert(tile, count, from: .f64, to: out.type.rowType!)
        Tile.store(tile, as: out.type, to: out.bytes, first: index * n * n + first, count: count)
      }
    }
  }
}

/// Gauss and Jordan's elimination with the greatest pivot of each column; the matrix is used up.
private func invert(_ m: UnsafeMutablePointer<Double>, into r: UnsafeMutablePointer<Double>, _ n: Int) {
  for i in 0..<(n * n) { r[i] = i / n == i % n ? 1 : 0 }
  for column in 0..<n {
    var pivot = column
    for row in column..<n where m[row * n + column].magnitude > m[pivot * n + column].magnitude { pivot = row }
    if pivot != column {
      for k in 0..<n {
        (m[pivot * n + k], m[column * n + k]) = (m[column * n + k], m[pivot * n + k])
        (r[pivot * n + k], r[column * n + k]) = (r[column * n + k], r[pivot * n + k])
      }
    }
    let factor = 1 / m[column * n + column]
    for k in 0..<n {
      m[column * n + k] *= factor
      r[column * n + k] *= factor
    }
    for row in 0..<n where row != column {
      let factor = m[row * n + column]
      for k in 0..<n {
        m[row * n + k] -= factor * m[column * n + k]
        r[row * n + k] -= factor * r[column * n + k]
      }
    }
  }
}
