import CKernels
import Glibc
import Kernels
import Synchronization

/// Threads that wait for the next loop of a platform: some thousand turns awake, then asleep.
///
/// Workers join a loop that is open and leave it when nothing is left to take. The caller takes part as slot 0 and
/// closes the loop, so it never waits for a worker that has not woken up yet.
final class ThreadPool: @unchecked Sendable {
  private let team: Team

  /// `threadCount` counts the caller.
  init(threadCount: Int) {
    team = Team()
    for slot in 1..<max(threadCount, 1) {
      let start = Unmanaged.passRetained(Start(team: team, slot: slot))
      var thread = pthread_t()
      let status = pthread_create(
        &thread, nil,
        { start in
          let start = Unmanaged<Start>.fromOpaque(start!).takeRetainedValue()
          start.team.work(slot: start.slot)
          return nil
        }, start.toOpaque())
      // With fewer threads than asked for the others do their work.
      if status == 0 { pthread_detach(thread) } else { start.release() }
    }
  }

  deinit { team.stop() }

  /// Runs `task` for every index below `count`. Inside a running loop, of this caller or another, it runs alone.
  func run(_ count: Int, _ task: Platform.Task, _ context: UnsafeMutableRawPointer) {
    if !team.run(count, task, context) {
      for index in 0..<count { task(context, index, 0) }
    }
  }
}

private final class Start {
  let team: Team
  let slot: Int

  init(team: Team, slot: Int) {
    self.team = team
    self.slot = slot
  }
}

/// What the caller and the workers share; the workers keep it alive until they have seen the end.
private final class Team: @unchecked Sendable {
  private struct Job {
    var count: Int
    var task: Platform.Task
    var context: UnsafeMutableRawPointer
  }

  private static let turns = 4000

  // Valid while the loop is open, or a worker that saw it open is active.
  private var job: Job?
  private let isBusy = Atomic<Bool>(false)
  private let isOpen = Atomic<Bool>(false)
  private let isStopped = Atomic<Bool>(false)
  private let next = Atomic<Int>(0)
  private let active = Atomic<Int>(0)
  private let epoch = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    pthread_mutex_init(lock, nil)
    pthread_cond_init(wake, nil)
  }

  deinit {
    pthread_cond_destroy(wake)
    pthread_mutex_destroy(lock)
    lock.deallocate()
    wake.deallocate()
  }

  /// False, and nothing done, if a loop is running already.
  func run(_ count: Int, _ task: Platform.Task, _ context: UnsafeMutableRawPointer) -> Bool {
    guard isBusy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else { return false }
    job = Job(count: count, task: task, context: context)
    next.store(0, ordering: .relaxed)
    // A worker counts itself active before it asks whether the loop is open; this side closes before it asks whether
    // one is active. In one total order of these, one of them sees the other.
    isOpen.store(true, ordering: .sequentiallyConsistent)
    announce()
    take(slot: 0)
    isOpen.store(false, ordering: .sequentiallyConsistent)
    var turn = 0
    while active.load(ordering: .sequentiallyConsistent) != 0 {
      turn += 1
      if turn > Team.turns { sched_yield() } else { pause() }
    }
    isBusy.store(false, ordering: .releasing)
    return true
  }

  func stop() {
    isStopped.store(true, ordering: .sequentiallyConsistent)
    announce()
  }

  func work(slot: Int) {
    var seen = 0
    while true {
      seen = wait(after: seen)
      if isStopped.load(ordering: .sequentiallyConsistent) { return }
      active.add(1, ordering: .sequentiallyConsistent)
      if isOpen.load(ordering: .sequentiallyConsistent) { take(slot: slot) }
      active.subtract(1, ordering: .sequentiallyConsistent)
    }
  }

  private func take(slot: Int) {
    let job = job!
    while true {
      let index = next.add(1, ordering: .relaxed).oldValue
      if index >= job.count { return }
      job.task(job.context, index, slot)
    }
  }

  private func announce() {
    epoch.add(1, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
      pthread_mutex_lock(lock)
      pthread_cond_broadcast(wake)
      pthread_mutex_unlock(lock)
    }
  }

  /// Returns the epoch once it is not `seen`.
  private func wait(after seen: Int) -> Int {
    for _ in 0..<Team.turns {
      let now = epoch.load(ordering: .sequentiallyConsistent)
      if now != seen { return now }
      pause()
    }
    pthread_mutex_lock(lock)
    sleepers.add(1, ordering: .sequentiallyConsistent)
    while epoch.load(ordering: .sequentiallyConsistent) == seen { pthread_cond_wait(wake, lock) }
    sleepers.subtract(1, ordering: .sequentiallyConsistent)
    pthread_mutex_unlock(lock)
    return epoch.load(ordering: .sequentiallyConsistent)
  }

  @inline(__always)
  private func pause() { ck_pause() }
}
