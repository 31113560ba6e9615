/// x + skip + bias, row by row: skip has `skipRows` rows that are repeated, the bias is one row.
public func addRows(
  _ platform: Platform, _ x: UnsafePointer<Float>, _ skip: UnsafePointer<Float>?, skipRows: Int,
  bias: UnsafePointer<Float>?, rows: Int, count: Int, into target: UnsafeMutablePointer<Float>
) {
  platform.parallelRanges(rows, grain: max(1, 16384 / max(count, 1))) { range in
    for row in range {
      let (from, to) = (x + row &* count, target + row &* count)
      if let skip {
        let other = skip + row % skipRows &* count
        for i in 0..<count { to[i] = from[i] + other[i] }
      } else {
        for i in 0..<count { to[i] = from[i] }
      }
      if let bias { for i in 0..<count { to[i] += bias[i] } }
    }
  }
}
