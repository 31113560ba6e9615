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
      if x.type == .float32, dim >> 31 == 0 {
        let at = block * k * inner + column
        let heap = FloatHeap(
          x: x.bytes.assumingMemoryBound(to: Float.self) + (block * dim * inner + column), step: inner,
          flip: largest ? 0 : -1, slots: indices + at)
        heap.fill(dim, k, values: values.map { $0.bytes.assumingMemoryBound(to: Float.self) + at })
        continue
      }
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

  @inline(__always)
  private func key(_ position: Int64) -> Int64 {
    OrderedKey.of(x, first &+ Int(position) &* step) ^ flip
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
    for i in k..<max(count, k) {
      let own = key(Int64(i))
      // An equal element further on ranks behind.
      guard own > worst else { continue }
      sink((own, Int64(i)), 0, k)
      worst = key(slots[0])
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

/// The same of float32, where a slot has room for an entry's rank: its key in the upper half, below it its position,
/// counted backwards, so that of equal ones the first is the greater. The lowest rank is on top.
private struct FloatHeap {
  /// The line's first element, and the distance between neighbours; that of the slots is the same.
  let x: UnsafePointer<Float>
  let step: Int
  let flip: Int32
  let slots: UnsafeMutablePointer<Int64>

  @inline(__always)
  private func rank(_ i: Int) -> Int64 {
    let value = x[i &* step]
    // As `OrderedKey` has it.
    let bits = Int32(bitPattern: (value + 0).bitPattern)
    let key = value != value ? Int32.max : bits ^ (bits >> 31 & .max)
    return Int64(key ^ flip) << 32 | Int64(~UInt32(truncatingIfNeeded: i))
  }

  @inline(__always)
  private func position(_ rank: Int64) -> Int { Int(~UInt32(truncatingIfNeeded: rank)) }

  /// Leaves the positions of the best `k` of `count` elements, in order, and their values.
  func fill(_ count: Int, _ k: Int, values: UnsafeMutablePointer<Float>?) {
    for i in 0..<k { slots[i &* step] = rank(i) }
    for root in (0..<k / 2).reversed() { sink(slots[root &* step], root, k) }
    let sign: Float = flip == 0 ? 1 : -1
    var bound = x[position(slots[0]) &* step] * sign
    var i = k
    while i < count {
      // Most elements are worse.
      if step == 1, i &+ 16 <= count {
        let (bounds, signs) = (Lanes(repeating: bound), Lanes(repeating: sign))
        let a = (load(x + i) * signs).isAtMost(bounds) & (load(x + (i &+ 4)) * signs).isAtMost(bounds)
        let b = (load(x + (i &+ 8)) * signs).isAtMost(bounds) & (load(x + (i &+ 12)) * signs).isAtMost(bounds)
        if !any(~(a & b)) {
          i &+= 16
          continue
        }
      }
      for i in i..<(step == 1 ? min(i &+ 16, count) : count) where !(x[i &* step] * sign <= bound) {
        let own = rank(i)
        guard own > slots[0] else { continue }
        sink(own, 0, k)
        bound = x[position(slots[0]) &* step] * sign
      }
      i = step == 1 ? i &+ 16 : count
    }
    // Heap sort: the lowest goes to the end, again and again.
    for end in (1..<max(k, 1)).reversed() {
      let last = slots[end &* step]
      slots[end &* step] = slots[0]
      sink(last, 0, end)
    }
    for i in 0..<k {
      let at = position(slots[i &* step])
      slots[i &* step] = Int64(at)
      values?[i &* step] = x[at &* step]
    }
  }

  /// Puts an entry where it belongs below the free slot `root`.
  private func sink(_ entry: Int64, _ root: Int, _ count: Int) {
    var (hole, child) = (root, 2 &* root &+ 1)
    while child < count {
      var below = slots[child &* step]
      if child &+ 1 < count {
        let other = slots[(child &+ 1) &* step]
        child &+= other < below ? 1 : 0
        below = min(below, other)
      }
      guard below < entry else { break }
      slots[hole &* step] = below
      (hole, child) = (child, 2 &* child &+ 1)
    }
    slots[hole &* step] = entry
  }
}
