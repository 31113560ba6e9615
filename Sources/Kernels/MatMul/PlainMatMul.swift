import Tensors

/// Matrix products of the types that have no tiles: float64 and integers in 64 bits, float16 and bfloat16 in float32.
///
/// `batches` holds where the factors of each matrix of the result start, in elements. A row of the result is summed in
/// a tile of the wider type, multiplied by `alpha` and narrowed once.
public func plainMatMul(
  _ a: Tensor, _ b: Tensor, into c: Tensor, _ batches: [(a: Int, b: Int)], m: Int, n: Int, k: Int, transposesA: Bool,
  transposesB: Bool, alpha: Float = 1
) {
  let sizes = PlainSizes(batches: batches, m: m, n: n, k: k, transposesA: transposesA, transposesB: transposesB)
  switch a.type.rowType {
  case .f32: plain(Float.self, .f32, a, b, c, sizes, alpha) { $0 * $1 + $2 }
  case .f64: plain(Double.self, .f64, a, b, c, sizes, Double(alpha)) { $0 * $1 + $2 }
  // Sums that wrap around are the same for both signs.
  default: plain(Int64.self, a.type == .uint64 ? .u64 : .i64, a, b, c, sizes, whole(alpha)) { $0 &* $1 &+ $2 }
  }
}

private struct PlainSizes {
  let batches: [(a: Int, b: Int)]
  let m: Int
  let n: Int
  let k: Int
  let transposesA: Bool
  let transposesB: Bool
}

@inline(never)
private func plain<T: Numeric & BitwiseCopyable>(
  _: T.Type, _ row: RowType, _ a: Tensor, _ b: Tensor, _ c: Tensor, _ sizes: PlainSizes, _ alpha: T,
  _ multiplyAdd: (T, T, T) -> T
) {
  Tile.with { aTile in
    Tile.with { bTile in
      Tile.with { sumTile in
        let sums = sumTile.assumingMemoryBound(to: T.self)
        let left = aTile.assumingMemoryBound(to: T.self)
        let right = bTile.assumingMemoryBound(to: T.self)
        let (m, n, k) = (sizes.m, sizes.n, sizes.k)
        for (batch, start) in sizes.batches.enumerated() {
          for i in 0..<m {
            for j0 in stride(from: 0, to: n, by: row.tileCount) {
              let columns = min(row.tileCount, n - j0)
              sumTile.initializeMemory(as: UInt8.self, repeating: 0, count: Tile.byteCount)
              for p in 0..<k {
                let at = start.a + (sizes.transposesA ? p * m + i : i * k + p)
                Tile.load(a.type, a.bytes, first: at, count: 1, as: row, into: aTile)
                if sizes.transposesB {
                  for j in 0..<columns {
                    let from = start.b + (j0 + j) * k + p
                    Tile.load(b.type, b.bytes, first: from, count: 1, as: row, into: bTile + j * row.byteWidth)
                  }
                } else {
                  Tile.load(b.type, b.bytes, first: start.b + p * n + j0, count: columns, as: row, into: bTile)
                }
                let x = left[0]
                for j in 0..<columns { sums[j] = multiplyAdd(x, right[j], sums[j]) }
              }
              if alpha != 1 { for j in 0..<columns { sums[j] = multiplyAdd(alpha, sums[j], 0) } }
              Tile.store(sumTile, as: c.type, to: c.bytes, first: (batch * m + i) * n + j0, count: columns)
            }
          }
        }
      }
    }
  }
}

/// c ← alpha · c + beta · addend [M, N], where the addend broadcasts to c.
public func plainGemmEpilogue(_ c: Tensor, m: Int, n: Int, alpha: Float, beta: Float, _ addend: Tensor?) {
  guard alpha != 1 || addend != nil, let row = c.type.rowType else { return }
  let columns = addend?.shape.dims.last ?? 1
  let rows = addend?.shape.rank == 2 ? addend!.shape[0] : 1
  Tile.with { tile in
    Tile.with { other in
      for i in 0..<m {
        for j in 0..<n {
          Tile.load(c.type, c.bytes, first: i * n + j, count: 1, as: row, into: tile)
          if let addend {
            let at = (rows == 1 ? 0 : i * columns) + (columns == 1 ? 0 : j)
            Tile.load(addend.type, addend.bytes, first: at, count: 1, as: row, into: other)
          }
          combine(row, tile, addend == nil ? nil : other, alpha, beta)
          Tile.store(tile, as: c.type, to: c.bytes, first: i * n + j, count: 1)
        }
      }
    }
  }
}

/// One element: sum ← alpha · sum + beta · addend. Integers scale by the factors' whole parts.
private func combine(
  _ row: RowType, _ sum: UnsafeMutableRawPointer, _ addend: UnsafeMutableRawPointer?, _ alpha: Float, _ beta: Float
) {
  switch row {
  case .f32:
    let x = sum.load(as: Float.self) * alpha + (addend.map { $0.load(as: Float.self) * beta } ?? 0)
    sum.storeBytes(of: x, as: Float.self)
  case .f64:
    let x = sum.load(as: Double.self) * Double(alpha) + (addend.map { $0.load(as: Double.self) * Double(beta) } ?? 0)
    sum.storeBytes(of: x, as: Double.self)
  case .i64, .u64:
    let x = sum.load(as: Int64.self) &* whole(alpha) &+ (addend.map { $0.load(as: Int64.self) &* whole(beta) } ?? 0)
    sum.storeBytes(of: x, as: Int64.self)
  }
}

/// The whole part of a factor, as far as int64 goes; 0 for NaN.
private func whole(_ factor: Float) -> Int64 {
  let limit: Float = 0x1p63
  if factor >= limit { return .max }
  return factor >= -limit ? Int64(factor) : factor < 0 ? .min : 0
}
