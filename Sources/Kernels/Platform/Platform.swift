/// What the machine gives the kernels: threads, and perhaps a matrix multiplication better than ours.
///
/// It is passed to each kernel that can use it, never a global. `.serial` is the reference: a kernel's result must not
/// depend on `threadCount`, so threads split outputs only, never a sum.
public struct Platform: Sendable {
  /// One piece of a parallel loop: plain code and a plain pointer, so that a worker of another instance of the same
  /// wasm module can run it. `index` counts pieces; `slot` is the thread that runs it, below `threadCount`, and picks
  /// its scratch. It must not allocate.
  public typealias Task = @convention(c) (_ context: UnsafeMutableRawPointer, _ index: Int, _ slot: Int) -> Void

  /// Runs `task` for every index below `count`, each once, in no order, and returns when all are done.
  public typealias Loop =
    @Sendable (_ count: Int, _ task: Task, _ context: UnsafeMutableRawPointer) -> Void

  /// C ← alpha · op(A) · op(B) + beta · C for row-major f32 matrices.
  public struct Sgemm {
    public var transposeA: Bool
    public var transposeB: Bool
    public var m: Int
    public var n: Int
    public var k: Int
    public var alpha: Float
    public var a: UnsafePointer<Float>
    /// Elements from one row of A, as stored, to the next.
    public var lda: Int
    public var b: UnsafePointer<Float>
    public var ldb: Int
    public var beta: Float
    public var c: UnsafeMutablePointer<Float>
    public var ldc: Int

    public init(
      transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int, alpha: Float = 1,
      a: UnsafePointer<Float>, lda: Int, b: UnsafePointer<Float>, ldb: Int, beta: Float = 0,
      c: UnsafeMutablePointer<Float>, ldc: Int
    ) {
      self.transposeA = transposeA
      self.transposeB = transposeB
      self.m = m
      self.n = n
      self.k = k
      self.alpha = alpha
      self.a = a
      self.lda = lda
      self.b = b
      self.ldb = ldb
      self.beta = beta
      self.c = c
      self.ldc = ldc
    }
  }

  /// Products of bytes: C [4 · quads, 8] ← A · B, with A unsigned, `[quads, blocks, 4 rows, 4]`, B signed,
  /// `[blocks, 8 columns, 4]`, and rows of C `stride` elements apart. Sums wrap and are exact.
  public typealias DotBytes =
    @convention(c) (
      _ a: UnsafePointer<UInt8>, _ b: UnsafePointer<Int8>, _ c: UnsafeMutablePointer<Int32>, _ stride: Int,
      _ quads: Int, _ blocks: Int
    ) -> Void

  /// Threads that may run pieces of one loop at once, the caller among them; at least 1.
  public let threadCount: Int
  /// How wide vectors may be. Numbers do not depend on it.
  public var vectors: VectorLevel { VectorLevel.detected == .baseline ? .baseline : widest }
  private let widest: VectorLevel
  /// Whether products of floats may be fused with their sums, which changes last bits.
  public let fuses: Bool
  /// Set where the machine sums products of four bytes in one instruction.
  public let dotBytes: DotBytes?
  private let loop: Loop?
  private let multiply: (@Sendable (Sgemm) -> Bool)?

  public init(
    threadCount: Int = 1, loop: Loop? = nil, sgemm: (@Sendable (Sgemm) -> Bool)? = nil, dotBytes: DotBytes? = nil,
    vectors: VectorLevel = .baseline, fuses: Bool = false
  ) {
    assert(threadCount >= 1)
    self.dotBytes = dotBytes
    self.threadCount = threadCount
    widest = vectors
    self.fuses = fuses
    self.loop = loop
    multiply = sgemm
  }

  /// One thread, and every multiplication our own.
  public static var serial: Platform { Platform() }

  /// The same machine for work that is a piece of a loop already.
  public var alone: Platform { Platform(dotBytes: dotBytes, vectors: vectors, fuses: fuses) }

  /// Whether `sgemm` can accept anything at all, so that weights need not be packed for our own kernels.
  public var hasSgemm: Bool { multiply != nil }

  /// Multiplies with the machine's library, or declines by returning false and touching nothing.
  public func sgemm(_ call: Sgemm) -> Bool {
    guard let multiply else { return false }
    return multiply(call)
  }

  /// Runs `task` for every index below `count`; returns when all are done.
  public func parallelFor(_ count: Int, _ context: UnsafeMutableRawPointer, _ task: Task) {
    guard count > 1, threadCount > 1, let loop else {
      for index in 0..<max(count, 0) { task(context, index, 0) }
      return
    }
    loop(count, task, context)
  }

  /// Runs `body` for every index below `count`, and tells it the slot of its thread; on one thread unless `isSplit`,
  /// for work that is not worth a region of threads.
  // Neither inlined nor optimised, or every kernel would get a copy of it with its own body inside, twice: 60 kB.
  @inline(never) @_optimize(none)
  public func parallelFor(_ count: Int, if isSplit: Bool = true, _ body: (_ index: Int, _ slot: Int) -> Void) {
    guard isSplit, count > 1, threadCount > 1, let loop else {
      for index in 0..<max(count, 0) { body(index, 0) }
      return
    }
    withoutActuallyEscaping(body) { body in
      var job = ClosureJob(body: body)
      withUnsafeMutablePointer(to: &job) { job in
        loop(
          count,
          { context, index, slot in context.assumingMemoryBound(to: ClosureJob.self).pointee.body(index, slot) },
          UnsafeMutableRawPointer(job))
      }
    }
  }

  /// Runs `body` for every index below `count`.
  // Neither inlined nor optimised, or every kernel would get a copy of it with its own body inside, twice: 60 kB.
  @inline(never) @_optimize(none)
  public func parallelFor(_ count: Int, if isSplit: Bool = true, _ body: (_ index: Int) -> Void) {
    parallelFor(count, if: isSplit) { index, _ in body(index) }
  }

  /// Splits 0..<count into ranges of at least `grain` (but for the last) and runs `body` for each. Starts are
  /// multiples of `unit`, so that vectors and cache lines are not cut.
  // Neither inlined nor optimised, or every kernel would get a copy of it with its own body inside, twice: 60 kB.
  @inline(never) @_optimize(none)
  public func parallelRanges(
    _ count: Int, grain: Int, unit: Int = 16, if isSplit: Bool = true, _ body: (_ range: Range<Int>) -> Void
  ) {
    guard count > 0 else { return }
    let size = rangeSize(count, grain, unit, isSplit)
    parallelFor((count &- 1) / size &+ 1) { index in
      let start = index &* size
      body(start..<start &+ min(size, count &- start))
    }
  }

  /// How long the ranges of `parallelRanges` are.
  @inline(never)
  private func rangeSize(_ count: Int, _ grain: Int, _ unit: Int, _ isSplit: Bool) -> Int {
    let pieces = isSplit ? min(threadCount, max(1, count / max(grain, 1))) : 1
    return pieces > 1 ? ((count + pieces - 1) / pieces + unit - 1) / unit * unit : count
  }
}

/// A Swift closure behind the plain pointer of a `Platform.Task`.
private struct ClosureJob {
  let body: (Int, Int) -> Void
}
