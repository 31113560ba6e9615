/// target [columns, rows] ← source [rows, columns], transposed, by squares that stay in the cache.
public func transposeMatrix(
  _ source: UnsafePointer<Float>, rows: Int, columns: Int, into target: UnsafeMutablePointer<Float>
) {
  let side = 16
  for i0 in stride(from: 0, to: rows, by: side) {
    for j0 in stride(from: 0, to: columns, by: side) {
      for j in j0..<min(j0 + side, columns) {
        for i in i0..<min(i0 + side, rows) { target[j &* rows &+ i] = source[i &* columns &+ j] }
      }
    }
  }
}
