import Tensors

/// One f32 matrix for each item of a batch and each head; strides are in elements.
public struct HeadMatrices {
  public var base: UnsafeMutablePointer<Float>
  public var batchStride: Int
  public var headStride: Int
  public var rowStride: Int

  public init(_ base: UnsafeMutablePointer<Float>, batchStride: Int, headStride: Int, rowStride: Int) {
    self.base = base
    self.batchStride = batchStride
    self.headStride = headStride
    self.rowStride = rowStride
  }

  /// Matrices side by side, [batch, heads, rows, columns].
  public init(_ base: UnsafeMutablePointer<Float>, heads: Int, rows: Int, columns: Int) {
    self.init(base, batchStride: heads * rows * columns, headStride: rows * columns, rowStride: columns)
  }

  /// Matrices with their rows interleaved, [batch, rows, heads, columns].
  public init(interleaved base: UnsafeMutablePointer<Float>, heads: Int, rows: Int, columns: Int) {
    self.init(base, batchStride: heads * rows * columns, headStride: columns, rowStride: heads * columns)
  }

  @inline(__always)
  public func row(_ batch: Int, _ head: Int, _ row: Int) -> UnsafeMutablePointer<Float> {
    base + (batch &* batchStride &+ head &* headStride &+ row &* rowStride)
  }
}

/// softmax(scale · Q · Kᵀ, capped, masked) · V for every head; heads of K and V are shared by as many of Q as their
/// numbers say.
public struct Attention {
  /// What goes into the optional output of scores.
  public enum ScoreStage: Sendable { case scaled, capped, masked, softmax }

  /// What is added to scores: 0 where it is short of keys, -inf.
  public struct Mask {
    public var values: UnsafePointer<Float>
    /// Elements from one item, head and row to the next; 0 where it is the same for all.
    public var batchStride: Int
    public var headStride: Int
    public var rowStride: Int
    /// 1, or 0 where all keys share a value.
    public var keyStride: Int
    /// Keys beyond these are masked.
    public var keys: Int
    /// Whether it is added and no more: where it is -inf for all keys, weights are NaN and not 0.
    public var isAddend = false

    public init(
      _ values: UnsafePointer<Float>, batchStride: Int, headStride: Int, rowStride: Int, keyStride: Int, keys: Int
    ) {
      self.values = values
      self.batchStride = batchStride
      self.headStride = headStride
      self.rowStride = rowStride
      self.keyStride = keyStride
      self.keys = keys
    }
  }

  public var batch: Int
  public var queryHeads: Int
  public var keyHeads: Int
  public var queries: Int
  public var keys: Int
  public var headSize: Int
  public var valueSize: Int
  public var scale: Float
  /// Scores s become cap · tanh(s / cap); 0 is no cap.
  public var cap: Float = 0
  public var isCausal = false
  /// How many keys before and behind its own position a query sees; nil is all.
  public var leftWindow: Int?
  public var rightWindow: Int?
  public var mask: Mask?
  /// One more, that is added as the mask is.
  public var bias: Mask?
  /// For each query head a score that takes its share of the softmax and stands for no key.
  public var sinks: UnsafePointer<Float>?
  /// For each item how many of its keys count; nil is all.
  public var validKeys: UnsafePointer<Int64>?
  /// For each item the position of its first query among the keys; nil is `firstPosition` or, with `validKeys`, such
  /// that the queries are the last of the keys.
  public var itemPositions: UnsafePointer<Int64>?
  public var firstPosition = 0
  /// [batch, queryHeads, queries, keys]
  public var scores: UnsafeMutablePointer<Float>?
  public var scoreStage = ScoreStage.scaled

  /// Rows of queries that are worked on at once: as many as leave their scores in the second-level cache.
  private var rowLimit: Int { min(max(65536 / max(keys, 1) / 4 * 4, 64), 256) }
  /// Below this many multiplications heads are not split among threads.
  private static let splitWork = 1 << 16

  public init(
    batch: Int, queryHeads: Int, keyHeads: Int, queries: Int, keys: Int, headSize: Int, valueSize: Int, scale: Float
  ) {
    self.batch = batch
    self.queryHeads = queryHeads
    self.keyHeads = keyHeads
    self.queries = queries
    self.keys = keys
    self.headSize = headSize
    self.valueSize = valueSize
    self.scale = scale
  }

  private var scoreCount: Int { (min(queries, rowLimit) * keys + 15) / 16 * 16 }
  private var slotCount: Int {
    let packed = max(GemmPack.rightCount(k: headSize, n: keys), GemmPack.rightCount(k: keys, n: valueSize))
    return scoreCount + (packed + 15) / 16 * 16
  }

  /// f32 elements of scratch that `run` needs on `threadCount` threads.
  public func scratchCount(threadCount: Int) -> Int { slotCount * threadCount }

  public func run(
    _ platform: Platform, _ q: HeadMatrices, _ k: HeadMatrices, _ v: HeadMatrices, into output: HeadMatrices,
    scratch: UnsafeMutablePointer<Float>
  ) {
    guard batch * queryHeads * queries > 0 else { return }
    let work = [batch, queryHeads, queries, keys, headSize + valueSize].productSaturating
    let isSplit = platform.threadCount > 1 && work >= Attention.splitWork
    let wanted = isSplit ? (4 * platform.threadCount + batch * queryHeads - 1) / (batch * queryHeads) : 1
    let most = max(wanted, (queries + rowLimit - 1) / rowLimit)
    let size = min((((queries + most - 1) / most) + 3) / 4 * 4, rowLimit)
    let blocks = (queries + size - 1) / size
    let alone = platform.alone
    platform.parallelFor(batch * queryHeads * blocks, if: isSplit) { index, slot in
      let (matrix, block) = index.quotientAndRemainder(dividingBy: blocks)
      let (item, head) = matrix.quotientAndRemainder(dividingBy: queryHeads)
      let first = block * size
      runBlock(alone, item, head, first..<min(first + size, queries), q, k, v, output, scratch + slot * slotCount)
    }
  }

  private func runBlock(
    _ alone: Platform, _ item: Int, _ head: Int, _ rows: Range<Int>, _ q: HeadMatrices, _ k: HeadMatrices,
    _ v: HeadMatrices,
    _ output: HeadMatrices, _ scratch: UnsafeMutablePointer<Float>
  ) {
    let keyHead = head / (queryHeads / keyHeads)
    // Keys that none of these rows sees need no scores, unless somebody wants to look at them.
    let used = scores == nil ? rows.reduce(0) { max($0, visible(item, $1).upperBound) } : keys
    var epilogue = Epilogue()
    epilogue.alpha = scale
    let packed = scratch + scoreCount
    gemm(
      alone, m: rows.count, n: used, k: headSize,
      .rows(UnsafePointer(q.row(item, head, rows.lowerBound)), stride: q.rowStride),
      .columns(UnsafePointer(k.row(item, keyHead, 0)), stride: k.rowStride), into: scratch, ldc: used, epilogue,
      scratch: packed)
    for row in rows { weigh(scratch + (row &- rows.lowerBound) &* used, used, item, head, row) }
    gemm(
      alone, m: rows.count, n: valueSize, k: used, .rows(UnsafePointer(scratch), stride: used),
      .rows(UnsafePointer(v.row(item, keyHead, 0)), stride: v.rowStride), into: output.row(item, head, rows.lowerBound),
      ldc: output.rowStride, scratch: packed)
  }

  /// The keys that a row may look at, the mask aside.
  public func visible(_ item: Int, _ row: Int) -> Range<Int> {
    let valid = validKeys.map { min(max(Int(clamping: $0[item]), 0), keys) } ?? keys
    let first = itemPositions.map { Int(clamping: $0[item]) } ?? (validKeys == nil ? firstPosition : valid &- queries)
    let position = row &+ first
    var high = valid
    if isCausal { high = min(high, position &+ 1) }
    // A window may be wide enough for a sum to leave the range of integers.
    if let rightWindow, rightWindow < keys { high = min(high, position &+ rightWindow &+ 1) }
    let low = leftWindow.map { max(0, position &- $0) } ?? 0
    high = max(high, 0)
    return min(low, high)..<high
  }

  /// Turns scores of one row into weights: of a row that sees nothing all are 0.
  @inline(never)
  private func weigh(_ row: UnsafeMutablePointer<Float>, _ used: Int, _ item: Int, _ head: Int, _ query: Int) {
    let copy = { (stage: ScoreStage) in
      guard let scores, scoreStage == stage else { return }
      copyLanes(row, into: scores + ((item &* queryHeads &+ head) &* queries &+ query) &* keys, count: keys)
    }
    copy(.scaled)
    if cap > 0 {
      for i in 0..<used { row[i] /= cap }
      tanh(row, into: row, count: used)
      for i in 0..<used { row[i] *= cap }
    }
    copy(.capped)
    let seen = visible(item, query)
    for i in 0..<min(seen.lowerBound, used) { row[i] = -.infinity }
    for i in min(seen.upperBound, used)..<used { row[i] = -.infinity }
    var isSeeing = !seen.isEmpty
    if let mask { isSeeing = add(mask, to: row, seen, item, head, query) }
    if let bias { isSeeing = add(bias, to: row, seen, item, head, query) && isSeeing }
    copy(.masked)
    if isSeeing {
      softmaxRow(row, into: row, used, false, sink: sinks?[head] ?? -.infinity)
    } else {
      fillLanes(row, with: 0, count: used)
    }
    copy(.softmax)
  }

  /// Adds a mask to the scores of the keys that are seen; false where it takes all of them away.
  private func add(
    _ mask: Mask, to row: UnsafeMutablePointer<Float>, _ seen: Range<Int>, _ item: Int, _ head: Int, _ query: Int
  ) -> Bool {
    let values = mask.values + (item &* mask.batchStride &+ head &* mask.headStride &+ query &* mask.rowStride)
    if mask.isAddend, seen.lowerBound == 0, seen.count <= mask.keys {
      if mask.keyStride == 1 {
        var i = 0
        while i &+ 4 <= seen.count {
          store(load(row + i) + load(values + i), row + i)
          i &+= 4
        }
        for i in i..<seen.count { row[i] += values[i] }
      } else {
        for i in seen { row[i] += values[0] }
      }
      return true
    }
    var isSeeing = false
    for i in seen {
      let value = i < mask.keys ? values[i &* mask.keyStride] : -.infinity
      isSeeing = isSeeing || value != -.infinity
      row[i] = value == -.infinity ? value : row[i] + value
    }
    return isSeeing
  }
}
