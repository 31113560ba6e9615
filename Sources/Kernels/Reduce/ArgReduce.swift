import Tensors

/// The position of the greatest (or least) element along `axis`: `out` is int64 [outer, inner] for `x` [outer, dim, inner].
///
/// Of equal elements the first counts, or the last where `selectLast`. NaN is the greatest.
public func argExtreme(
  _ x: Tensor, axis: Int, greatest: Bool, selectLast: Bool, into out: Tensor, on platform: Platform
) {
  let dim = x.shape[axis]
  let inner = x.shape.dims[(axis + 1)...].productSaturating
  let target = out.bytes.assumingMemoryBound(to: Int64.self)
  guard out.count > 0 else { return }
  // Exchanging the order of all keys turns the least into the greatest.
  let flip: Int64 = greatest ? 0 : -1
  let chunks = (inner + OrderedKey.tileCount - 1) / OrderedKey.tileCount
  forEach(out.count / inner * chunks, byteCount: dim * min(inner, OrderedKey.tileCount) * 8, on: platform) { range in
    Tile.with { tile in
      Tile.with { best in
        let keys = tile.assumingMemoryBound(to: Int64.self)
        let best = best.assumingMemoryBound(to: Int64.self)
        for piece in range {
          let (block, chunk) = piece.quotientAndRemainder(dividingBy: chunks)
          if inner == 1 {
            target[block] = Int64(search(x, block * dim, dim, flip, selectLast, keys))
            continue
          }
          let first = chunk * OrderedKey.tileCount
          let n = min(OrderedKey.tileCount, inner - first)
          for i in 0..<dim {
            OrderedKey.load(x, first: (block * dim + i) * inner + first, count: n, into: tile)
            for k in 0..<n {
              let key = keys[k] ^ flip
              if i == 0 || key > best[k] || selectLast && key == best[k] {
                best[k] = key
                target[block * inner + first + k] = Int64(i)
              }
            }
          }
        }
      }
    }
  }
}

/// The position of the extreme among `count` neighbours.
private func search(
  _ x: Tensor, _ first: Int, _ count: Int, _ flip: Int64, _ selectLast: Bool, _ keys: UnsafeMutablePointer<Int64>
) -> Int {
  if x.type == .float32, count > 0 {
    let x = x.bytes.assumingMemoryBound(to: Float.self) + first
    let sign: Float = flip == 0 ? 1 : -1
    var (best, position) = (x[0] * sign, 0)
    for i in 1..<max(count, 1) {
      let value = x[i] * sign
      if selectLast ? value < best : value <= best { continue }
      // A NaN is better than all others but NaN where the greatest is looked for, else worse.
      let isBetter =
        value > best || (value == best && selectLast) || (best.isNaN && (value.isNaN ? selectLast : sign < 0))
        || (value.isNaN && !best.isNaN && sign > 0)
      if isBetter { (best, position) = (value, i) }
    }
    return position
  }
  var (best, position, done) = (Int64.min, 0, 0)
  while done < count {
    let n = min(OrderedKey.tileCount, count - done)
    OrderedKey.load(x, first: first + done, count: n, into: UnsafeMutableRawPointer(keys))
    for k in 0..<n {
      let key = keys[k] ^ flip
      if key > best || selectLast && key == best { (best, position) = (key, done + k) }
    }
    done += n
  }
  return position
}
