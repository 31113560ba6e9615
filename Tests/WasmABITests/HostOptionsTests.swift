import Apus
import Testing

@testable import WasmABI

@Suite struct HostOptionsTests {
  /// What is refused, with the code that says which error the host throws.
  @Test func wrongOptionsAreRefusedInTheWordsOfTheHost() {
    let cases: [(HostOption, RuntimeError.Code, String)] = [
      (.text("graphOptimizationLevel", "most"), .misuse, "unsupported graph optimization level: most"),
      (.text("graphOptimizationLevel", "1"), .misuse, "unsupported graph optimization level: 1"),
      (.text("extra.session.graph_optimization_level", "7"), .misuse, "unsupported graph optimization level: 7"),
      (.text("executionMode", "both"), .misuse, "unsupported execution mode: both"),
      (.number("logSeverityLevel", 5, "5"), .misuse, "log severity level is not valid: 5"),
      (.number("logSeverityLevel", -1, "-1"), .misuse, "log severity level is not valid: -1"),
      (.text("logSeverityLevel", "2"), .misuse, "log severity level is not valid: 2"),
      (.number("logVerbosityLevel", 1.5, "1.5"), .misuse, "log verbosity level is not valid: 1.5"),
      (.number("logVerbosityLevel", 100, "100"), .misuse, "log verbosity level is not valid: 100"),
      (.number("logVerbosityLevel", .nan, "NaN"), .misuse, "log verbosity level is not valid: NaN"),
      (.number("enableGraphCapture", 1, "1"), .misuse, "enableGraphCapture must be a boolean value: 1"),
      (.other("enableGraphCapture", "object", "null"), .misuse, "enableGraphCapture must be a boolean value: null"),
      (
        .number("freeDimensionOverrides.N", -1, "-1"), .misuse,
        "free dimension override value must be a non-negative integer: -1"
      ),
      (
        .number("freeDimensionOverrides.N", .infinity, "Infinity"), .misuse,
        "free dimension override value must be a non-negative integer: Infinity"
      ),
      (
        .text("freeDimensionOverrides.N", "2"), .misuse,
        "free dimension override value must be a non-negative integer: 2"
      ),
      (
        .text("preferredOutputLocation", "gpu-buffer"), .misuse,
        "Not supported preferred output location: gpu-buffer."
      ),
      (
        .text("preferredOutputLocation.z", "ml-tensor"), .misuse,
        "Not supported preferred output location: ml-tensor."
      ),
      (
        .other("preferredOutputLocation.z", "object", "null"), .misuse,
        "Not supported preferred output location: null."
      ),
      (.number("preferredOutputLocation", 5, "5"), .misuse, "Not supported preferred output location: 5."),
      (.number("maxMemory", 0, "0"), .outOfRange, "'maxMemory' must be a positive number of bytes: 0"),
      (.text("maxMemory", "1"), .outOfRange, "'maxMemory' must be a positive number of bytes: 1"),
      (.other("maxMemory", "object", "null"), .outOfRange, "'maxMemory' must be a positive number of bytes: null"),
      (.other("extra.a", "undefined", "undefined"), .misuse, "Can't handle extra config type: undefined"),
      (.other("extra.a", "function", "() => {}"), .misuse, "Can't handle extra config type: function"),
      (.other("extra.a.b", "object", "null"), .wrongKind, "'extra.a.b' must be an object, got: null"),
      (.text("extra", "x"), .wrongKind, "'extra' must be an object, got: x"),
    ]
    for (option, code, expected) in cases {
      do throws(RuntimeError) {
        _ = try optionsOf([option])
        Issue.record("\(expected)")
      } catch {
        #expect(error.code == code && error.message == expected, "\(error)")
      }
    }
  }

  @Test func whatMeansNothingIsTaken() throws {
    let options = try optionsOf([
      .other("graphOptimizationLevel", "object", "null"), .other("executionMode", "object", "null"),
      .text("executionMode", "parallel"), .other("logSeverityLevel", "object", "null"), .number("logVerbosityLevel", 4),
      .bool("enableGraphCapture", true), .other("preferredOutputLocation", "object", "null"),
      .text("preferredOutputLocation.y", "cpu"), .other("preferredOutputLocation.z", "undefined", "undefined"),
      .number("optimizedModelFilePath", 5, "5"), .bool("enableProfiling", false), .bool("intermediates", false),
      .text("unknown", "x"), .text("extra.session.unknown", "x"),
    ])
    #expect(options.optimization == .all && options.memoryLimit == .max && options.dims.isEmpty)
    #expect(options.clock == nil && options.optimizedModel == nil && options.overridesInitializers == nil)
    guard case .none = options.intermediates else {
      Issue.record("\(options.intermediates)")
      return
    }
    try HostOption.number("logVerbosityLevel", 100).check(mostVerbose: .infinity)
  }

  @Test func optionsHoldAgainstWhatExtraSays() throws {
    let level: HostOption = .text("extra.session.graph_optimization_level", "1")
    let profile: HostOption = .text("extra.session.enable_profiling", "1")
    let extra = try optionsOf([level, profile, .bool("extra.session.overridable_initializers", true)])
    #expect(extra.optimization == .basic && extra.clock != nil && extra.overridesInitializers == true)
    let named = try optionsOf([.text("extra.session.graph_optimization_level", "extended")])
    #expect(named.optimization == .extended)
    let plain = try optionsOf([
      .text("graphOptimizationLevel", "disabled"), .bool("enableProfiling", false), level, profile,
    ])
    #expect(plain.optimization == .none && plain.clock == nil)
    let null = try optionsOf([.other("graphOptimizationLevel", "object", "null"), level])
    #expect(null.optimization == .basic)
  }

  @Test func valuesComeThrough() throws {
    let options = try optionsOf([
      .text("graphOptimizationLevel", "layout"), .number("freeDimensionOverrides.N", 0),
      .text("intermediates.0", "h"), .text("intermediates.1", "w"), .text("optimizedModelFilePath", "a.onnx"),
      .bool("enableProfiling", true), .number("maxMemory", 1e6),
    ])
    #expect(options.optimization == .all && options.dims.count == 1 && options.dims[0].size == 0)
    #expect(options.memoryLimit == 1_000_000 && options.optimizedModel != nil && options.clock != nil)
    guard case .named(let names) = options.intermediates else {
      Issue.record("\(options.intermediates)")
      return
    }
    #expect(names.map(\.text) == ["h", "w"])
    #expect(try optionsOf([.number("maxMemory", 1e300)]).memoryLimit == .max)
    guard case .all = try optionsOf([.bool("intermediates", true)]).intermediates else {
      Issue.record("intermediates")
      return
    }
  }

  private func optionsOf(_ given: [HostOption]) throws(RuntimeError) -> Session.Options {
    var reading = HostOptions()
    for option in given { try reading.add(option) }
    return reading.options
  }
}
