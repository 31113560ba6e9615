import CKernels

/// Packs rows `rows` of B [K, N], whose first is at `source`, as `packRightInt8` packs columns: for matrices that are
/// read row by row. `rows` starts at a multiple of `group` and ends at one, or at K; with groups of four the rows come in
/// order.
public func packRightInt8(
  _ source: UnsafePointer<UInt8>, rows: Range<Int>, k: Int, n: Int, signed: Bool, group: Int = 2,
  into packed: UnsafeMutablePointer<Int8>
) {
  assert(rows.lowerBound % group == 0 && (rows.upperBound % group == 0 || rows.upperBound == k))
  let flip: UInt8 = signed ? 0 : 128
  let groups = (k + group - 1) / group
  let shift = group == 4 ? 2 : 1
  let sums = UnsafeMutableRawPointer(packed + (n + 7) / 8 * 32 * groups).assumingMemoryBound(to: Int32.self)
  if group == 4, k == 0 { for i in 0..<(n + 7) / 8 * 8 { sums[i] = 0 } }
  var row = rows.lowerBound
  while row < rows.upperBound {
    let from = source + (row &- rows.lowerBound) &* n
    let height = min(group, k &- row)
    if group == 4, VectorLevel.detected >= .vnni {
      ck_packFours(
        from, n, Int32(height), n, flip, packed + row * 8, 32 * groups, sums, row == 0 ? 1 : 0)
      row &+= 4
      continue
    }
    var column = 0
    while column < n {
      let to = packed + (column >> 3 &* groups &+ row >> shift) &* 8 &* group
      let width = min(8, n &- column)
      for i in 0..<8 {
        for r in 0..<group {
          to[i &* group &+ r] = i < width && r < height ? Int8(bitPattern: from[r &* n &+ column &+ i] ^ flip) : 0
        }
      }
      if group == 4 { Int8Pack.addColumnSums(sums, to, column: column, isFirst: row == 0) }
      column &+= 8
    }
    row &+= group
  }
}
