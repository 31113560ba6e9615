import Tensors

/// Keeps the upper or lower triangle of matrices [batch..., rows, columns], from diagonal `diagonal` on, and zeroes the
/// rest. `out` may be `x`.
public func trilu(_ x: Tensor, into out: Tensor, diagonal: Int, upper: Bool) {
  let (rows, columns) = (x.shape[x.shape.rank - 2], x.shape[x.shape.rank - 1])
  let width = x.type.byteWidth
  copyAll(x, to: out)
  guard x.count > 0 else { return }
  for line in 0..<x.count / columns {
    // The first column right of the kept lower triangle, or of the zeros beside the upper one.
    let (edge, overflow) = (line % rows).addingReportingOverflow(diagonal)
    let split = overflow ? (diagonal > 0 ? columns : 0) : min(max(upper ? edge : edge &+ 1, 0), columns)
    let zeros = upper ? 0..<split : split..<columns
    (out.bytes + (line * columns + zeros.lowerBound) * width)
      .initializeMemory(as: UInt8.self, repeating: 0, count: zeros.count * width)
  }
}

/// Ones on diagonal `diagonal` of a matrix [rows, columns], zeros elsewhere; `one` is an element of its type.
public func eye(_ out: Tensor, diagonal: Int, one: Tensor) {
  let (rows, columns) = (out.shape[0], out.shape[1])
  out.bytes.initializeMemory(as: UInt8.self, repeating: 0, count: out.byteCount)
  for row in 0..<rows {
    let (column, overflow) = row.addingReportingOverflow(diagonal)
    if !overflow, column >= 0, column < columns { copyElements(one, 0, to: out, row * columns + column, count: 1) }
  }
}
