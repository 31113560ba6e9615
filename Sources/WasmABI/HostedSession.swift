import Apus

/// A session as the host sees it: first being loaded, then ready, and perhaps in a run.
final class HostedSession {
  /// More would cost each loop more than they bring.
  private static let mostThreads = 64
  /// Requests of strings may be large, and are not remembered.
  private static let mostRequestBytes = 1 << 14

  private enum State {
    /// The options are right; nobody has asked for the model yet.
    case begun(Session.Options, Platform)
    case loading(SessionBuilder)
    case ready(Session)
  }

  private var state: State
  private var run: Run?
  /// The last run request, and what it asked for: hosts run one model on data in the same places again and again.
  private var request: [UInt32] = []
  private var prepared: PreparedRun?
  private let control: Control
  /// The threads beside the host's own, where it asked for some.
  private let team: Team?

  init(_ request: CreateRequest, control: Control) {
    let threadCount = min(request.threadCount, HostedSession.mostThreads)
    team = threadCount > 1 ? Team() : nil
    control.team = team?.address
    var platform = Platform(dotBytes: Host.dotBytes)
    if let team {
      platform = Platform(
        threadCount: threadCount, loop: { team.run($0, $1, $2) }, dotBytes: platform.dotBytes)
    }
    state = .begun(request.options, platform)
    self.control = control
    control.begin(.create)
  }

  /// Goes on loading until `deadline`; true when the session is ready.
  func load(until deadline: Double) throws(RuntimeError) -> Bool {
    if case .begun(let options, let platform) = state {
      state = .loading(
        SessionBuilder(
          source: try HostSource(0), external: HostExternalSources(), options: options, platform: platform))
    }
    guard case .loading(let builder) = state else { return true }
    repeat {
      control.note(builder.next)
      if try builder.advance() {
        state = .ready(try Session(builder.finished()))
        control.end()
        return true
      }
      try checkStop()
    } while deadline == .infinity || Host.now() < deadline
    return false
  }

  func begin(_ block: UnsafeRawBufferPointer) throws(RuntimeError) {
    let session = try session
    end()
    control.begin(.run)
    if let prepared, request.isContent(of: block) {
      run = try session.begin(prepared)
    } else {
      prepared = nil
      let fresh = try prepare(block, for: session)
      run = try session.begin(fresh)
      if block.count <= HostedSession.mostRequestBytes, block.count % 4 == 0 {
        request.removeAll(keepingCapacity: true)
        for at in stride(from: 0, to: block.count, by: 4) {
          request.append(block.loadUnaligned(fromByteOffset: at, as: UInt32.self))
        }
        prepared = fresh
      }
    }
    team?.begin()
  }

  private func prepare(_ block: UnsafeRawBufferPointer, for session: Session) throws(RuntimeError) -> PreparedRun {
    var reader = try BlockReader(block)
    let request = try RunRequest(&reader)
    var feeds: [(Name, Value)] = []
    // What is wrong with a name comes before what is wrong with a value.
    for (reference, _) in request.feeds {
      guard case .name(let name) = reference else { continue }
      throw session.constantInputs.contains(name)
        ? RuntimeError(
          .misuse,
          "invalid input %s: it is constant here, the session option extra.session.overridable_initializers lets it be fed",
          name: name)
        : RuntimeError(.misuse, "invalid input %s", name: name)
    }
    feeds.reserveCapacity(request.feeds.count)
    for (reference, value) in request.feeds {
      feeds.append((try reference.name(among: session.inputs, session.optionalInputs), value))
    }
    var fetches: [Name] = []
    fetches.reserveCapacity(request.fetches.count)
    for reference in request.fetches { fetches.append(try reference.name(among: session.outputs)) }
    return try session.prepare(feeds, fetches: fetches)
  }

  /// Goes on with the run until `deadline`; true when it is complete. An error ends the run.
  func advance(until deadline: Double) throws(RuntimeError) -> Bool {
    let run = try current
    do throws(RuntimeError) {
      repeat {
        control.note(run.next)
        if try run.advance(1) { return true }
        try checkStop()
      } while deadline == .infinity || Host.now() < deadline
      return false
    } catch {
      end()
      throw error
    }
  }

  /// Drops the results, or a run under way.
  func end() {
    team?.end()
    run?.end()
    run = nil
    control.end()
  }

  var session: Session {
    get throws(RuntimeError) {
      guard case .ready(let session) = state else { throw RuntimeError(.fail, "the session is not loaded yet") }
      return session
    }
  }

  /// The run under way. The tensors of its results stay until `end`.
  var current: Run {
    get throws(RuntimeError) {
      guard let run else { throw RuntimeError(.fail, "no run is under way") }
      return run
    }
  }

  private func checkStop() throws(RuntimeError) {
    if control.isStopped { throw RuntimeError(.cancelled, "stopped by the host") }
  }
}

extension [UInt32] {
  /// Whether `bytes` holds just these words.
  fileprivate func isContent(of bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count == 4 * count else { return false }
    for i in indices where bytes.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self) != self[i] { return false }
    return true
  }
}

extension RunRequest.Reference {
  /// `more` are counted on behind `values`.
  fileprivate func name(among values: [DeclaredValue], _ more: [DeclaredValue] = []) throws(RuntimeError) -> Name {
    switch self {
    case .name(let name): return name
    case .index(let index):
      if values.indices.contains(index) { return values[index].name }
      guard more.indices.contains(index - values.count) else {
        throw RuntimeError(.invalidArgument, "the model has no input or output %d", index)
      }
      return more[index - values.count].name
    }
  }
}
