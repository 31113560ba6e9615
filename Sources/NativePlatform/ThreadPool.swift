import Glibc
import Kernels

/// The threads of a platform, which are a team's workers for as long as the platform lives.
final class ThreadPool: @unchecked Sendable {
  private final class Start {
    let team: Team
    let slot: Int

    init(team: Team, slot: Int) {
      self.team = team
      self.slot = slot
    }
  }

  private let team: Team
  private var threads: [pthread_t] = []

  /// `threadCount` counts the caller. Where the machine refuses threads, the others do their work.
  init(threadCount: Int) {
    guard let team = Team() else { fatalError("no memory for a team of threads") }
    self.team = team
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
      if status == 0 { threads.append(thread) } else { start.release() }
    }
  }

  deinit {
    team.end()
    for thread in threads { pthread_join(thread, nil) }
    team.deallocate()
  }

  func run(_ count: Int, _ task: Platform.Task, _ context: UnsafeMutableRawPointer) {
    team.run(count, task, context)
  }
}
