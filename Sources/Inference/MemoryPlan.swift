/// Where buffers of known lifetimes lie in one arena: a pure function from lifetimes to offsets.
///
/// Buffers come in the order in which they are first needed; each takes the smallest free gap that holds it, or extends
/// the arena. Linear in buffers times gaps, and a network has few gaps at a time.
struct MemoryPlan {
  /// A run of bytes that is needed from step `first` to step `last`, both included.
  struct Buffer {
    var byteCount: Int
    var first: Int
    var last: Int
  }

  /// Offsets and sizes are multiples of this, so that vectors and cache lines are not cut.
  static let alignment = 64

  /// A size that holds those a little above it too, and is an eighth larger at most: where sizes of that order come one
  /// after another, many of them leave everything where it lies.
  static func roomy(_ byteCount: Int) -> Int {
    let step = max(alignment, 1 << max(0, Int.bitWidth - 4 - byteCount.leadingZeroBitCount))
    return (byteCount + step - 1) / step * step
  }

  private(set) var offsets: [Int] = []
  private(set) var byteCount = 0

  /// `buffers` in ascending order of `first`.
  init(_ buffers: [Buffer]) {
    var gaps: [(start: Int, end: Int)] = []
    /// Buffers in use, soonest to end last.
    var inUse: [(last: Int, start: Int, end: Int)] = []
    offsets.reserveCapacity(buffers.count)
    for buffer in buffers {
      while let soonest = inUse.last, soonest.last < buffer.first {
        MemoryPlan.release((soonest.start, soonest.end), to: &gaps)
        inUse.removeLast()
      }
      let size = (max(buffer.byteCount, 1) + MemoryPlan.alignment - 1) / MemoryPlan.alignment * MemoryPlan.alignment
      let start = take(size, from: &gaps)
      offsets.append(start)
      var at = inUse.count
      while at > 0, inUse[at - 1].last < buffer.last { at -= 1 }
      inUse.insert((buffer.last, start, start + size), at: at)
    }
  }

  private mutating func take(_ size: Int, from gaps: inout [(start: Int, end: Int)]) -> Int {
    var best: Int?
    for (i, gap) in gaps.enumerated() where gap.end - gap.start >= size {
      if let current = best, gaps[current].end - gaps[current].start <= gap.end - gap.start { continue }
      best = i
    }
    if let best {
      let start = gaps[best].start
      gaps[best].start += size
      if gaps[best].start == gaps[best].end { gaps.remove(at: best) }
      return start
    }
    // A gap at the end of the arena is extended rather than left behind.
    var start = byteCount
    if let last = gaps.last, last.end == byteCount {
      start = last.start
      gaps.removeLast()
    }
    byteCount = start + size
    return start
  }

  /// Adds a gap, sorted by start and merged with its neighbours.
  private static func release(_ freed: (start: Int, end: Int), to gaps: inout [(start: Int, end: Int)]) {
    var at = gaps.count
    while at > 0, gaps[at - 1].start > freed.start { at -= 1 }
    gaps.insert(freed, at: at)
    if at + 1 < gaps.count, gaps[at].end == gaps[at + 1].start {
      gaps[at].end = gaps[at + 1].end
      gaps.remove(at: at + 1)
    }
    if at > 0, gaps[at - 1].end == gaps[at].start {
      gaps[at - 1].end = gaps[at].end
      gaps.remove(at: at)
    }
  }
}
