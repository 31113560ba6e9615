/// Writes rows of the past and, behind them, the new ones of each item and head into `target` [batch, heads, capacity,
/// size]; what is left of it is 0.
///
/// `pastRows` says how many rows of an item's past count; with `newRows` they fit into `capacity`.
public func joinHeads(
  _ platform: Platform, batch: Int, heads: Int, size: Int, past: HeadMatrices?, pastRows: (_ item: Int) -> Int,
  new: HeadMatrices, newRows: Int, into target: UnsafeMutablePointer<Float>, capacity: Int
) {
  platform.parallelFor(batch * heads) { (matrix: Int) in
    let (item, head) = matrix.quotientAndRemainder(dividingBy: heads)
    let to = target + matrix &* capacity &* size
    let kept = past == nil ? 0 : pastRows(item)
    if let past { copyRows(past, item, head, kept, size, into: to) }
    copyRows(new, item, head, newRows, size, into: to + kept &* size)
    let end = (kept &+ newRows) &* size
    fillLanes(to + end, with: 0, count: capacity &* size &- end)
  }
}

private func copyRows(
  _ source: HeadMatrices, _ item: Int, _ head: Int, _ rows: Int, _ size: Int, into target: UnsafeMutablePointer<Float>
) {
  if source.rowStride == size {
    copyLanes(source.row(item, head, 0), into: target, count: rows &* size)
    return
  }
  for row in 0..<rows { copyLanes(source.row(item, head, row), into: target + row &* size, count: size) }
}
