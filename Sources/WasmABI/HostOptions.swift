import Apus

/// An option as the host has it: anything may stand there, and what cannot be meant is refused in the words that
/// hosts of the reference know.
struct HostOption {
  /// Dotted, as `extra.session.tag`.
  let key: Name
  /// What `typeof` says of the value: `number`, `string`, `boolean`, `object` …
  let kind: Name
  /// The value as a number, where it is one.
  let number: Double
  let text: Name

  /// Throws where the option is wrong by itself.
  func check(mostVerbose: Double) throws(RuntimeError) {
    if key.is("executionMode") {
      if !isNull, !text.is("sequential"), !text.is("parallel") { throw refused("unsupported execution mode: %n") }
    } else if key.is("logSeverityLevel") {
      if !isLevel(to: 4) { throw refused("log severity level is not valid: %n") }
    } else if key.is("logVerbosityLevel") {
      if !isLevel(to: mostVerbose) { throw refused("log verbosity level is not valid: %n") }
    } else if key.is("enableGraphCapture") {
      if !kind.is("boolean") { throw refused("enableGraphCapture must be a boolean value: %n") }
    } else if key.is("maxMemory") {
      if !kind.is("number") || !(number > 0) {
        throw refused("'maxMemory' must be a positive number of bytes: %n", .outOfRange)
      }
    } else if key.is("preferredOutputLocation") || key.hasPrefix("preferredOutputLocation.") {
      // Names that the model lacks do no harm.
      let isDefault = kind.is("undefined") || isNull && key.is("preferredOutputLocation")
      if !isDefault, !text.is("cpu"), !text.is("cpu-pinned") {
        throw refused("Not supported preferred output location: %n.")
      }
    } else if key.hasPrefix("freeDimensionOverrides.") {
      if !isCount { throw refused("free dimension override value must be a non-negative integer: %n") }
    } else if key.is("extra") || key.hasPrefix("extra.") {
      if isNull || key.is("extra") {
        throw RuntimeError(.wrongKind, "%s must be an object, got: %n", names: [key, text], shapes: [])
      }
      if !kind.is("string"), !kind.is("number"), !kind.is("boolean") {
        throw RuntimeError(.misuse, "Can't handle extra config type: %n", name: kind)
      }
    }
  }

  private func refused(_ sentence: StaticString, _ code: RuntimeError.Code = .misuse) -> RuntimeError {
    RuntimeError(code, sentence, name: text)
  }

  private var isNull: Bool { kind.is("object") && text.is("null") }

  private var isCount: Bool {
    kind.is("number") && number >= 0 && number.isFinite && number == number.rounded(.down)
  }

  /// Null is as good as nothing.
  private func isLevel(to most: Double) -> Bool { isNull || isCount && number <= most }

  /// Whether the host takes the value for true; nil where it says nothing. In `extra` true is 1.
  fileprivate var isTrue: Bool? {
    if isNull { return nil }
    if kind.is("boolean") { return text.is("true") }
    if key.hasPrefix("extra.") { return text.is("1") }
    return kind.is("number") ? !(number == 0 || number.isNaN) : !text.isEmpty
  }

  /// A level of the optimiser by its name, in `extra` also by its number.
  fileprivate func level() throws(RuntimeError) -> OptimizationLevel? {
    let mayBeNumber = !key.is("graphOptimizationLevel")
    let levels: [(StaticString, StaticString, OptimizationLevel)] = [
      ("disabled", "0", .none), ("basic", "1", .basic), ("extended", "2", .extended), ("layout", "3", .all),
      ("all", "99", .all),
    ]
    for (name, number, level) in levels where text.is(name) || mayBeNumber && text.is(number) { return level }
    if isNull { return nil }
    throw refused("unsupported graph optimization level: %n")
  }
}

/// The options of a session, one after another as the host gives them; wasm/ABI.md lists the keys. What is said plainly
/// comes first, and holds against what `extra` says of the same.
struct HostOptions {
  private(set) var options = Session.Options()
  private(set) var threadCount = 1
  private var hasLevel = false
  private var isProfiled: Bool?

  mutating func add(_ option: HostOption) throws(RuntimeError) {
    let key = option.key
    try option.check(mostVerbose: 4)
    if key.is("graphOptimizationLevel") || key.is("extra.session.graph_optimization_level") && !hasLevel {
      guard let level = try option.level() else { return }
      options.optimization = level
      hasLevel = true
    } else if key.is("enableProfiling") || key.is("extra.session.enable_profiling") && isProfiled == nil {
      isProfiled = option.isTrue
      if isProfiled == true { options.clock = { Host.now() } }
    } else if key.is("maxMemory") {
      options.memoryLimit = option.number < Double(Int32.max) ? Int(option.number) : .max
    } else if key.is("intraOpNumThreads") {
      if option.number >= 1 { threadCount = Int(min(option.number, 1000)) }
    } else if key.is("intermediates") {
      if option.isTrue == true { options.intermediates = .all }
    } else if key.hasPrefix("intermediates.") {
      options.intermediates.add(option.text)
    } else if key.is("optimizedModelFilePath") {
      if option.kind.is("string") { options.optimizedModel = HostSink() }
    } else if key.is("extra.session.overridable_initializers") {
      options.overridesInitializers = option.isTrue
    } else if let symbol = key.dropping(prefix: "freeDimensionOverrides."), let size = Int(exactly: option.number) {
      options.dims.append(FixedDim(symbol, size))
    }
  }
}

extension Name {
  /// What comes behind `prefix`; nil where the name does not begin with it.
  @inline(never)
  fileprivate func dropping(prefix: StaticString) -> Name? {
    prefix.withUTF8Buffer { bytes.starts(with: $0) ? Name(Array(bytes.dropFirst($0.count))) : nil }
  }

  fileprivate func hasPrefix(_ prefix: StaticString) -> Bool { dropping(prefix: prefix) != nil }

  /// As a call: spelt out at each of these places the comparison costs 2 kB.
  @inline(never)
  fileprivate func `is`(_ text: StaticString) -> Bool { self == text }
}
