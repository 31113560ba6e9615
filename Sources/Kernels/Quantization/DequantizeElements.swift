/// (q - zero point) · scale for elements `range` of a tensor of `layout`, the first of which is at `source`.
public func dequantizeElements(
  _ source: UnsafeRawPointer, type: QuantizedType, _ range: Range<Int>, into target: UnsafeMutablePointer<Float>,
  _ layout: QuantizedLayout, scales: UnsafePointer<Float>, zeroPoints: UnsafeRawPointer?
) {
  let blocks = layout.block == 0 ? 0 : (layout.axis + layout.block - 1) / layout.block
  var i = range.lowerBound
  while i < range.upperBound {
    // The rest of this row of [outer · axis, inner], or of the row of scales where each element has its own.
    let (row, column) = i.quotientAndRemainder(dividingBy: layout.inner)
    let (outer, position) = row.quotientAndRemainder(dividingBy: layout.axis)
    let scale: Int
    var count = min(layout.inner &- column, range.upperBound &- i)
    if layout.block > 0 {
      scale = (outer &* blocks &+ position / layout.block) &* layout.inner &+ column
      if layout.inner > 1 { count = 1 }
    } else {
      scale = position
    }
    let done = i &- range.lowerBound
    dequantizeLinear(
      .serial, source + done &* type.byteCount, type: type, into: target + done, .tensor(count), scales: scales + scale,
      zeroPoints: zeroPoints.map { $0 + scale &* type.byteCount })
    i &+= count
  }
}
