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
        for piece in range {
          let (block, chunk) = piece.quotientAndRemainder(dividingBy: chunks)
          if inner == 1 {
            let at = block * dim
            target[block] = Int64(
              x.type == .float32
                ? search(x.bytes.assumingMemoryBound(to: Float.self) + at, dim, greatest, selectLast)
                : search(x, at, dim, flip, selectLast, keys))
            continue
          }
          let first = chunk * OrderedKey.tileCount
          let n = min(OrderedKey.tileCount, inner - first)
          if x.type == .float32, dim >> 31 == 0 {
            let floats = UnsafePointer(x.bytes.assumingMemoryBound(to: Float.self)) + (block * dim * inner + first)
            columns(
              floats, inner, dim, n, greatest, selectLast, best: best.assumingMemoryBound(to: Float.self),
              at: tile.assumingMemoryBound(to: Int32.self), into: target + (block * inner + first))
            continue
          }
          let best = best.assumingMemoryBound(to: Int64.self)
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

/// The same of f32: first what the extreme is, then where.
private func search(_ x: UnsafePointer<Float>, _ count: Int, _ greatest: Bool, _ selectLast: Bool) -> Int {
  let signs = Lanes(repeating: greatest ? 1 : -1)
  var (a, b) = (Lanes(repeating: -.infinity), Lanes(repeating: -.infinity))
  var ordered = LaneMask(repeating: -1)
  var i = 0
  while i < count {
    // What is not there is the first once more.
    let p = i &+ 4 <= count ? load(x + i) : load(x + i, count: count &- i, fill: x[0])
    let q = i &+ 8 <= count ? load(x + (i &+ 4)) : p
    a = a.atLeast(p * signs)
    b = b.atLeast(q * signs)
    ordered &= p.isEqual(p) & q.isEqual(q)
    i &+= i &+ 8 <= count ? 8 : 4
  }
  // NaN is what is looked for, or counts only where there is nothing else.
  let seeksNaN = greatest && any(~ordered)
  let value = a.atLeast(b).largest * signs[0]
  if selectLast {
    var last = count &- 1
    while last > 0, !(seeksNaN ? x[last].isNaN : x[last] == value) { last &-= 1 }
    return last > 0 || !x[0].isNaN || seeksNaN ? last : count &- 1
  }
  i = 0
  let values = Lanes(repeating: value)
  while !seeksNaN, i &+ 16 <= count {
    let (m, n) = (load(x + i).isEqual(values), load(x + (i &+ 4)).isEqual(values))
    if any(m | n | load(x + (i &+ 8)).isEqual(values) | load(x + (i &+ 12)).isEqual(values)) { break }
    i &+= 16
  }
  while i < count {
    if seeksNaN ? x[i].isNaN : x[i] == value { return i }
    i &+= 1
  }
  return 0
}

/// The positions of the extremes of `n` columns of f32, whose rows are `step` apart, four at a time. `best` and `at` have
/// room for as many.
private func columns(
  _ x: UnsafePointer<Float>, _ step: Int, _ dim: Int, _ n: Int, _ greatest: Bool, _ selectLast: Bool,
  best: UnsafeMutablePointer<Float>, at: UnsafeMutablePointer<Int32>, into target: UnsafeMutablePointer<Int64>
) {
  let signs = Lanes(repeating: greatest ? 1 : -1)
  let places = UnsafeMutableRawPointer(at)
  for i in 0..<dim {
    let row = x + i &* step
    let here = LaneMask(repeating: Int32(truncatingIfNeeded: i))
    var k = 0
    while k < n {
      let v = (k &+ 4 <= n ? load(row + k) : load(row + k, count: n &- k)) * signs
      let b = i == 0 ? v : load(best + k)
      // A NaN is better than all others but NaN where the greatest is looked for, else worse.
      let (odd, other) = greatest ? (v, b) : (b, v)
      var isOdd = ~odd.isEqual(odd)
      if !selectLast { isOdd &= other.isEqual(other) }
      let isBetter = (selectLast ? b.isAtMost(v) : b.isLess(v)) | isOdd
      let old = i == 0 ? here : places.load(fromByteOffset: 4 &* k, as: LaneMask.self)
      store(Lanes.select(isBetter, v, b), best + k)
      places.storeBytes(of: here & isBetter | old & ~isBetter, toByteOffset: 4 &* k, as: LaneMask.self)
      k &+= 4
    }
  }
  for k in 0..<n { target[k] = Int64(at[k]) }
}
