import Tensors

/// The `k` greatest (or least) elements along `axis` and their positions, best first: `values` and `indices` are
/// [outer, k, inner] for `x` [outer, dim, inner].
///
/// Of equal elements the lower position comes first. The positions found so far are kept as a heap in `indices` itself,
/// the worst on top, so that no other memory is needed.
public func topK(
  _ x: Tensor, _ k: Int, axis: Int, largest: Bool, values: Tensor?, indices: UnsafeMutablePointer<Int64>,
  on platform: Platform
) {
  let dim = x.shape[axis]
  let inner = x.shape.dims[(axis + 1)...].productSaturating
  let lines = x.shape.dims[..<axis].productSaturating * inner
  guard k > 0 else { return }
  forEach(lines, byteCount: dim * x.type.byteWidth, on: platform) { range in
    for line in range {
      let (block, column) = line.quotientAndRemainder(dividingBy: inner)
      let heap = Heap(
        x: x, first: block * dim * inner + column, step: inner, flip: largest ? 0 : -1,
        slots: indices + (block * k * inner + column))
      heap.fill(dim, k)
      guard let values else { continue }
      for rank in 0..<k {
        let at = (block * k + rank) * inner + column
        copyElements(x, heap.first + Int(indices[at]) * inner, to: values, at, count: 1)
      }
    }
  }
}

/// Positions along one line of a tensor as a binary heap whose root is the worst of them.
private struct Heap {
  let x: Tensor
  /// The line: its first element, and the distance between neighbours; that of the slots is the same.
  let first: Int
  let step: Int
  let flip: Int64
  let slots: UnsafeMutablePointer<Int64>
  /// The tensor's elements, where they are float32.
  let floats: UnsafePointer<Float>?

  init(x: Tensor, first: Int, step: Int, flip: Int64, slots: UnsafeMutablePointer<Int64>) {
    (self.x, self.first, self.step, self.flip, self.slots) = (x, first, step, flip, slots)
    floats = x.type == .float32 ? UnsafePointer(x.bytes.assumingMemoryBound(to: Float.self)) : nil
  }

  @inline(__always)
  private func key(_ position: Int64) -> Int64 {
    let at = first &+ Int(position) &* step
    if let floats { return OrderedKey.key(Double(floats[at])) ^ flip }
    return OrderedKey.of(x, at) ^ flip
  }

  /// Whether `a` ranks behind `b`.
  private func isWorse(_ a: (key: Int64, position: Int64), _ b: (key: Int64, position: Int64)) -> Bool {
    a.key != b.key ? a.key < b.key : a.position > b.position
  }

  /// Leaves the positions of the best `k` of `count` elements, in order.
  func fill(_ count: Int, _ k: Int) {
    for i in 0..<k { slots[i * step] = Int64(i) }
    for root in (0..<k / 2).reversed() { sink((key(slots[root * step]), slots[root * step]), root, k) }
    var worst = key(slots[0])
    let floats = floats.map { $0 + first }
    let sign: Float = flip == 0 ? 1 : -1
    var bound = floats.map { $0[Int(slots[0]) * step] * sign } ?? 0
    for i in k..<max(count, k) {
      // Most elements are worse, which needs no keys.
      if let floats, floats[i &* step] * sign <= bound { continue }
      let own = key(Int64(i))
      // An equal element further on ranks behind.
      guard own > worst else { continue }
      sink((own, Int64(i)), 0, k)
      worst = key(slots[0])
      if let floats { bound = floats[Int(slots[0]) * step] * sign }
    }
    // Heap sort: the worst goes to the end, again and again.
    for end in (1..<max(k, 1)).reversed() {
      let last = slots[end * step]
      slots[end * step] = slots[0]
      sink((key(last), last), 0, end)
    }
  }

  /// Puts an entry where it belongs below the free slot `root`.
  private func sink(_ entry: (key: Int64, position: Int64), _ root: Int, _ count: Int) {
    var hole = root
    while 2 &* hole &+ 1 < count {
      var child = 2 &* hole &+ 1
      var below = (key: key(slots[child &* step]), position: slots[child &* step])
      if child &+ 1 < count {
        let next = slots[(child &+ 1) &* step]
        let other = (key: key(next), position: next)
        if isWorse(other, below) { (child, below) = (child + 1, other) }
      }
      guard isWorse(below, entry) else { break }
      slots[hole &* step] = below.position
      hole = child
    }
    slots[hole &* step] = entry.position
  }
}
