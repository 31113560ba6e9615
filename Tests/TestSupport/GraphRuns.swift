import Apus
import Testing

/// The two ways in which graphs are run: they must agree.
public let levels: [OptimizationLevel] = [.none, .all]

extension Session {
  /// A session of a model that was made in memory.
  public convenience init(
    _ model: ModelProto, _ level: OptimizationLevel, memoryLimit: Int = .max, platform: Platform = .serial
  ) throws(RuntimeError) {
    var options = Options()
    options.optimization = level
    options.memoryLimit = memoryLimit
    try self.init(model: model, options: options, platform: platform)
  }

  /// The outputs, in the model's order; one that is no tensor is nil.
  public func run(_ feeds: KeyValuePairs<String, Tensor>) throws(RuntimeError) -> [Tensor?] {
    try run(feeds.map { (Name(text: $0.key), .tensor($0.value)) }).map { $0.1.tensor }
  }
}

/// Runs `model` plain and optimised, each twice on one session, and compares every output. What a session has in use
/// must be the same after both runs.
public func check(
  _ name: String, _ model: ModelProto, _ feeds: KeyValuePairs<String, Tensor>, gives expected: [Tensor],
  relative: Double = 1e-5, absolute: Double = 1e-6, sourceLocation: SourceLocation = #_sourceLocation
) {
  for level in levels {
    do {
      let session = try Session(model, level)
      var used: Int?
      for _ in 0..<2 {
        let results = try session.run(feeds)
        #expect(results.count == expected.count, "\(name), \(level)", sourceLocation: sourceLocation)
        for (i, (result, want)) in zip(results, expected).enumerated() {
          let problem = result.map { difference($0, want, relative: relative, absolute: absolute) } ?? "no tensor"
          if let problem { Issue.record("\(name), \(level), output \(i): \(problem)", sourceLocation: sourceLocation) }
        }
      }
      for _ in 0..<2 {
        _ = try session.run(feeds)
        #expect(
          used ?? session.allocator.used == session.allocator.used, "\(name), \(level): memory",
          sourceLocation: sourceLocation)
        used = session.allocator.used
      }
    } catch {
      Issue.record("\(name), \(level): \(error)", sourceLocation: sourceLocation)
    }
  }
}

/// The message of the error that `body` throws; an issue where it throws none.
public func message(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws(RuntimeError) -> Void
) -> String {
  do throws(RuntimeError) {
    try body()
    Issue.record("no error", sourceLocation: sourceLocation)
    return ""
  } catch {
    return error.message
  }
}
