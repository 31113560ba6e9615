import Apus

/// A session as the host sees it: first being loaded, then ready, and perhaps in a run.
final class HostedSession {
  /// More would cost each loop more than they bring.
  private static let mostThreads = 64
  /// Requests of strings may be large, and are not remembered.
  private static let mostRequestBytes = 1 << 14

  private enum State {
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
    let asked = request.number("intraOpNumThreads") ?? 1
    let threadCount = Int(min(max(asked, 1), Double(HostedSession.mostThreads)))
    team = threadCount > 1 ? Team() : nil
    control.team = team?.address
    var platform = Platform(dotBytes: Host.dotBytes)
    if let team {
      platform = Platform(
        threadCount: threadCount, loop: { team.run($0, $1, $2) }, dotBytes: platform.dotBytes)
    }
    let source = HostSource(0, byteCount: request.byteCount)
    state = .loading(
      SessionBuilder(
        source: source, external: HostExternalSources(), options: Session.Options(request), platform: platform))
    self.control = control
    control.begin(.create)
  }

  /// Goes on loading until `deadline`; true when the session is ready.
  func load(until deadline: Double) throws(RuntimeError) -> Bool {
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
    let inputs = session.inputs + session.optionalInputs
    for (reference, value) in request.feeds { feeds.append((try inputs.name(of: reference), value)) }
    var fetches: [Name] = []
    for reference in request.fetches { fetches.append(try session.outputs.name(of: reference)) }
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

extension Session.Options {
  /// The options that the host gives; wasm/ABI.md lists the keys.
  fileprivate init(_ request: CreateRequest) {
    self.init()
    for (key, value) in request.options {
      switch value {
      case .number(let number):
        if key == "graphOptimizationLevel" {
          optimization = OptimizationLevel(rawValue: Int(number)) ?? .all
        } else if key == "maxMemory" {
          memoryLimit = number < Double(Int32.max) ? Int(number) : .max
        } else if key == "enableProfiling" {
          clock = { Host.now() }
        } else if key == "intermediates" {
          intermediates = .all
        } else if let symbol = key.dropping(prefix: "freeDimensionOverrides."), let size = Int(exactly: number) {
          dims.append(FixedDim(symbol, size))
        }
      case .text(let text):
        if key == "extra.session.overridable_initializers" {
          overridesInitializers = text == "1"
        } else if key == "intermediates" {
          intermediates.add(text)
        } else if key == "optimizedModelFilePath" {
          optimizedModel = HostSink()
        }
      }
    }
  }
}

extension Name {
  /// What comes behind `prefix`; nil where the name does not begin with it.
  fileprivate func dropping(prefix: StaticString) -> Name? {
    prefix.withUTF8Buffer { bytes.starts(with: $0) ? Name(Array(bytes.dropFirst($0.count))) : nil }
  }
}

extension [DeclaredValue] {
  fileprivate func name(of reference: RunRequest.Reference) throws(RuntimeError) -> Name {
    switch reference {
    case .name(let name): return name
    case .index(let index):
      guard indices.contains(index) else {
        throw RuntimeError(.invalidArgument, "the model has no input or output %d", index)
      }
      return self[index].name
    }
  }
}
