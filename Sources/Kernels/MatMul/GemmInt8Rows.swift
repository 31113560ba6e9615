/// Packs rows `rows` of B [K, N], whose first is at `source`, as `packRightInt8` packs columns: for matrices that are
/// read row by row. `rows` starts at an even row and ends at one, or at K.
public func packRightInt8(
  _ source: UnsafePointer<UInt8>, rows: Range<Int>, k: Int, n: Int, signed: Bool,
  into packed: UnsafeMutablePointer<Int8>
) {
  assert(rows.lowerBound % 2 == 0 && (rows.upperBound % 2 == 0 || rows.upperBound == k))
  let flip: UInt8 = signed ? 0 : 128
  let pairs = (k + 1) / 2
  var row = rows.lowerBound
  while row < rows.upperBound {
    let from = source + (row &- rows.lowerBound) &* n
    let hasNext = row &+ 1 < k
    var column = 0
    while column < n {
      let to = packed + (column >> 3 &* pairs &+ row >> 1) &* 16
      let width = min(8, n &- column)
      for i in 0..<width {
        to[2 &* i] = Int8(bitPattern: from[column &+ i] ^ flip)
        to[2 &* i &+ 1] = hasNext ? Int8(bitPattern: from[n &+ column &+ i] ^ flip) : 0
      }
      for i in (2 &* width)..<16 { to[i] = 0 }
      column &+= 8
    }
    row &+= 2
  }
}
