import CKernels

/// Threads that share the pieces of one loop after another: a caller, and workers that join whatever loop is open.
///
/// A team is memory and nothing else, so that the instance of another thread on the same wasm memory can join it by its
/// address. Workers leave a loop when nothing is left to take, the caller takes part as slot 0 and closes the loop, and
/// so it never waits for a worker that has not woken up yet.
public struct Team: @unchecked Sendable {
  /// The words that threads write, each on a cache line of its own; wasm/ABI.md has the first two.
  private enum Word {
    static let isWorking = 0
    static let hasFailed = 16
    static let isBusy = 32
    static let isOpen = 48
    static let next = 64
    static let active = 80
    static let epoch = 96
    static let sleepers = 112
    /// Pages of memory, where a worker knows of more than the caller did when it opened the loop.
    static let memoryPages = 128
    static let count = 144
  }

  private struct Loop {
    var count: Int32
    /// The memory that the loop may use; a thread that knows of less stays out.
    var memoryPages: Int32
    var task: Platform.Task
    var context: UnsafeMutableRawPointer
  }

  #if arch(wasm32)
    // No instruction says pause there: about as long as below.
    private static let turns = 500_000
  #else
    private static let turns = 12_000
  #endif

  private let words: UnsafeMutablePointer<Int32>
  /// Valid while the loop is open, or a worker that saw it open is active.
  private var loop: UnsafeMutablePointer<Loop> {
    (address + 4 * Word.count).assumingMemoryBound(to: Loop.self)
  }

  /// A team at work, or nil where there is no memory for it.
  public init?() {
    guard let memory = ck_allocate(4 * Word.count + MemoryLayout<Loop>.size) else { return nil }
    self.init(memory)
    words.update(repeating: 0, count: Word.count)
    words[Word.isWorking] = 1
  }

  /// The team at the address that another thread was told.
  public init(_ address: UnsafeMutableRawPointer) {
    words = address.assumingMemoryBound(to: Int32.self)
  }

  public var address: UnsafeMutableRawPointer { UnsafeMutableRawPointer(words) }

  /// Gives the memory back, when no worker is left.
  public func deallocate() { ck_free(words) }

  /// Workers that come from now on stay.
  public func begin() { ck_store(words + Word.isWorking, 1) }

  /// Sends the workers away, back to whoever called `work`.
  public func end() {
    ck_store(words + Word.isWorking, 0)
    announce()
  }

  /// Runs `task` for every index below `count`. Inside a running loop, of this caller or another, it runs alone.
  public func run(_ count: Int, _ task: Platform.Task, _ context: UnsafeMutableRawPointer) {
    guard ck_claim(words + Word.isBusy) else {
      for index in 0..<count { task(context, index, 0) }
      return
    }
    loop.initialize(to: Loop(count: Int32(count), memoryPages: ck_memoryPages(), task: task, context: context))
    ck_store(words + Word.next, 0)
    // A worker counts itself active before it asks whether the loop is open; this side closes before it asks whether
    // one is active. In the one order of these, one of them sees the other.
    ck_store(words + Word.isOpen, 1)
    announce()
    take(slot: 0)
    ck_store(words + Word.isOpen, 0)
    awaitWorkers()
    ck_store(words + Word.isBusy, 0)
  }

  /// Joins loops as `slot` until the team's work ends.
  public func work(slot: Int) {
    while true {
      let epoch = ck_load(words + Word.epoch)
      if ck_load(words + Word.isWorking) == 0 { return }
      _ = ck_add(words + Word.active, 1)
      if ck_load(words + Word.isOpen) != 0 { take(slot: slot) }
      _ = ck_add(words + Word.active, -1)
      wait(while: epoch)
    }
  }

  @inline(never)
  private func take(slot: Int) {
    let loop = loop.pointee
    if ck_memoryPages() < loop.memoryPages { return }
    while true {
      let index = ck_add(words + Word.next, 1)
      if index >= loop.count { break }
      loop.task(loop.context, Int(index), slot)
    }
    // A worker may have had to allocate.
    let memoryPages = ck_memoryPages()
    if memoryPages > loop.memoryPages { ck_raise(words + Word.memoryPages, memoryPages) }
  }

  private func awaitWorkers() {
    var turn = 0
    while ck_load(words + Word.active) != 0 {
      // It will never come back, and what it was to write is not there.
      if ck_load(words + Word.hasFailed) != 0 { fatalError("a worker thread failed") }
      turn += 1
      if turn > Team.turns { ck_yield() } else { ck_pause() }
    }
    while ck_memoryPages() < ck_load(words + Word.memoryPages) { ck_pause() }
  }

  private func announce() {
    _ = ck_add(words + Word.epoch, 1)
    if ck_load(words + Word.sleepers) > 0 { ck_wake(words + Word.epoch) }
  }

  /// Returns once the epoch is another: some thousand turns awake, then asleep.
  @inline(never)
  private func wait(while epoch: Int32) {
    for _ in 0..<Team.turns {
      if ck_load(words + Word.epoch) != epoch { return }
      ck_pause()
    }
    _ = ck_add(words + Word.sleepers, 1)
    while ck_load(words + Word.epoch) == epoch { ck_sleep(words + Word.epoch, epoch) }
    _ = ck_add(words + Word.sleepers, -1)
  }
}
