/// x + skip + bias, row by row: skip has `skipRows` rows that are repeated, the bias is one row.
public func addRows(
  _ platform: Platform, _ x: UnsafePointer<Float>, _ skip: UnsafePointer<Float>?, skipRows: Int,
  bias: UnsafePointer<Float>?, rows: Int, count: Int, into target: UnsafeMutablePointer<Float>
) {
  platform.parallelRanges(rows, grain: max(1, 16384 / max(count, 1))) { range in
    for row in range {
      addRow(
        x + row &* count, skip.map { $0 + row % skipRows &* count }, bias, count, into: target + row &* count)
    }
  }
}

/// One row of x + skip + bias.
func addRow(
  _ x: UnsafePointer<Float>, _ skip: UnsafePointer<Float>?, _ bias: UnsafePointer<Float>?, _ count: Int,
  into target: UnsafeMutablePointer<Float>
) {
  if let skip {
    for i in 0..<count { target[i] = x[i] + skip[i] }
  } else {
    for i in 0..<count { target[i] = x[i] }
  }
  if let bias { for i in 0..<count { target[i] += bias[i] } }
}
