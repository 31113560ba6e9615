import GraphIR
import Kernels
import ONNXFormat
import Operators
import Passes
import Tensors

/// A model that is ready to run.
///
/// A session runs one inference at a time; two sessions share nothing.
public final class Session {
  public struct Options {
    public var optimization = OptimizationLevel.all
    /// The most bytes that weights, arena and scratch may take together.
    public var memoryLimit = Int.max
    /// Whether initialisers that the model lists as inputs too may be fed. They are not folded or packed then, so runs
    /// are slower. nil: from IR version 4 on, where to list one is deliberate; before, all are listed.
    public var overridesInitializers: Bool?
    /// Sizes of symbolic dims; what is fed must have them.
    public var dims: [FixedDim] = []
    public var intermediates = Intermediates.none
    /// Takes the optimised model, as a file, while the session is made.
    public var optimizedModel: ByteSink?
    /// Milliseconds since any fixed moment; given, time per node is gathered in `profile`.
    public var clock: (() -> Double)?

    public init() {}
  }

  /// The inputs that a run must be given, in the model's order.
  public let inputs: [DeclaredValue]
  public let outputs: [DeclaredValue]
  /// Inputs that may be left out: see `Options.overridesInitializers`.
  public let optionalInputs: [DeclaredValue]
  /// Inputs that the model lists and that are constants all the same: see `Options.overridesInitializers`.
  public let constantInputs: [Name]
  public let summary: GraphSummary
  /// The memory that the session's tensors take.
  public let allocator: Allocator

  /// What optional inputs are when they are left out.
  private let defaults: [Tensor]
  private let program: Program
  private var executor: Executor
  private let weightByteCount: Int

  /// Reads, optimises and binds a model.
  @export(interface) public convenience init(
    source: ByteSource, external: ExternalSources = ExternalSources(), options: Options = Options(),
    platform: Platform = .serial
  ) throws(RuntimeError) {
    let builder = SessionBuilder(source: source, external: external, options: options, platform: platform)
    while try !builder.advance() {}
    self.init(try builder.finished())
  }

  /// Optimises and binds a model that was made in memory.
  @export(interface) public convenience init(
    model: ModelProto, options: Options = Options(), platform: Platform = .serial
  ) throws(RuntimeError) {
    let builder = SessionBuilder(model: model, options: options, platform: platform)
    while try !builder.advance() {}
    self.init(try builder.finished())
  }

  /// The session that a builder has made ready.
  @export(interface) public init(_ ready: SessionBuilder.Ready) {
    inputs = ready.model.inputs
    outputs = ready.model.outputs
    optionalInputs = ready.model.defaults.map { $0.input }
    constantInputs = ready.model.constantInputs
    weightByteCount = ready.allocator.used
    defaults = ready.defaults
    summary = ready.summary
    program = ready.program
    allocator = ready.allocator
    executor = Executor(
      program, platform: ready.platform, allocator: allocator, scratch: ready.scratch,
      profile: ready.options.clock.map { Profile(clock: $0) })
  }

  /// Gathers time per node; at first there is one where the options bear a clock. It may be set between any two steps.
  public var profile: Profile? {
    get { executor.profile }
    set { executor.profile = newValue }
  }

  /// The element type of output `i` as the operators make it, of a sequence that of its elements; nil where only a run
  /// tells.
  public func elementType(ofOutput i: Int) -> ElementType? {
    let value = program.graph.outputs[i]
    return value >= 0 ? program.types[value] : nil
  }

  /// What the session's tensors take, in bytes.
  public struct Memory {
    /// Weights, packed or not, and what was folded. Weights that are read from a mapped file are not among them.
    public let weights: Int
    /// Results and values between them, and scratch: as much as the largest run so far needed.
    public let arena: Int
    /// The most that was ever in use, while loading or running.
    public let peak: Int
  }

  public var memory: Memory {
    Memory(
      weights: weightByteCount, arena: program.arenaByteCount + executor.scratch.byteCount, peak: allocator.peak)
  }

  /// Runs the model and answers every output, or those in `fetches`, in memory of their own.
  ///
  /// Any value of the main graph may be fetched by name, if optimisation has left it: see `Options.intermediates`.
  @export(interface)
  public func run(_ feeds: [(Name, Value)], fetches: [Name]? = nil) throws(RuntimeError) -> [(Name, Value)] {
    let run = try begin(feeds, fetches: fetches)
    defer { run.end() }
    while try !run.advance() {}
    var results: [(Name, Value)] = []
    for (name, value) in run.results {
      if case .tensor(let tensor) = value {
        results.append((name, .tensor(try tensor.copied(allocator))))
      } else {
        results.append((name, value))
      }
    }
    return results
  }

  /// Starts a run, which `advance` takes step by step. One that was still in progress is given up.
  @export(interface) public func begin(_ feeds: [(Name, Value)], fetches: [Name]? = nil) throws(RuntimeError) -> Run {
    executor.abandon()
    return try begin(prepare(feeds, fetches: fetches))
  }

  /// Starts a run that was prepared: with the values as they are now in the memory of the tensors that it is fed.
  @export(interface) public func begin(_ prepared: PreparedRun) throws(RuntimeError) -> Run {
    executor.abandon()
    if !isKnownUniquelyReferenced(&executor) { executor = Executor(replacing: executor) }
    try executor.begin(inputs: prepared.inputs, taps: prepared.taps)
    return Run(executor, prepared)
  }

  /// Holds against the model what runs are to be fed and asked for.
  @export(interface)
  public func prepare(_ feeds: [(Name, Value)], fetches: [Name]? = nil) throws(RuntimeError) -> PreparedRun {
    try allocator.makeSureOfReserve()
    var values = [Value](repeating: .none, count: inputs.count) + defaults.map { .tensor($0) }
    // Of tensors that do not fit all are told at once.
    var misfits: [UInt8] = []
    for (i, (name, value)) in feeds.enumerated() {
      // Most feeds come in the model's order.
      let isInOrder = i < inputs.count && inputs[i].name == name
      if let index = isInOrder ? i : inputs.firstIndex(where: { $0.name == name }) {
        try inputs[index].check(value, &misfits)
        values[index] = value
      } else if let index = optionalInputs.firstIndex(where: { $0.name == name }) {
        try optionalInputs[index].check(value, &misfits)
        values[inputs.count + index] = value
      } else if constantInputs.contains(name) {
        throw RuntimeError(
          .invalidArgument,
          "input %s is constant here: the session option extra.session.overridable_initializers lets it be fed",
          name: name)
      } else {
        throw RuntimeError(.invalidArgument, "the model has no input %s", name: name)
      }
    }
    if !misfits.isEmpty { throw RuntimeError(.invalidArgument, "%n", name: Name(misfits)) }
    for (index, input) in inputs.enumerated() {
      if case .none = values[index], !input.isOptional {
        throw RuntimeError(.invalidArgument, "input %s is missing", name: input.name)
      }
    }
    var fetched = Array(outputs.indices)
    var taps: [ValueID] = []
    if let fetches {
      fetched = []
      for name in fetches {
        if let index = outputs.firstIndex(where: { $0.name == name }) {
          fetched.append(index)
        } else {
          fetched.append(outputs.count + taps.count)
          taps.append(try program.fetchable(name))
        }
      }
    }
    return PreparedRun(
      inputs: values, taps: taps, fetched: zip(fetches ?? outputs.map { $0.name }, fetched).map { ($0, $1) })
  }
}

/// What a run is fed and asked for, found right for its session: any number of runs may begin with it.
public final class PreparedRun {
  /// The values of the program's inputs.
  fileprivate let inputs: [Value]
  fileprivate let taps: [ValueID]
  /// What is asked for, and its place among the executor's results.
  fileprivate let fetched: [(name: Name, index: Int)]

  fileprivate init(inputs: [Value], taps: [ValueID], fetched: [(name: Name, index: Int)]) {
    self.inputs = inputs
    self.taps = taps
    self.fetched = fetched
  }
}

/// A run in progress.
public struct Run {
  // As long as somebody holds the run, its session leaves this executor alone and takes another.
  private let executor: Executor
  private let prepared: PreparedRun

  fileprivate init(_ executor: Executor, _ prepared: PreparedRun) {
    self.executor = executor
    self.prepared = prepared
  }

  /// Runs up to `stepLimit` nodes; true when the run is complete. An error ends the run, not the session.
  @export(interface) public func advance(_ stepLimit: Int = .max) throws(RuntimeError) -> Bool {
    do throws(RuntimeError) {
      return try executor.advance(stepLimit)
    } catch {
      executor.abandon()
      throw error
    }
  }

  /// The node that comes next, for whoever has to tell where a run stopped for good.
  public var next: RuntimeError.Node? { executor.next }

  /// Ends the run before it is complete.
  @export(interface) public func cancel() { executor.abandon() }

  /// Ends the run and drops its results.
  @export(interface) public func end() {
    executor.abandon()
    executor.dropResults()
  }

  /// What was asked for, once `advance` has said true; nothing before. Tensors may lie in the session's memory and hold
  /// until its next run.
  @export(interface) public var results: [(Name, Value)] {
    executor.results.isEmpty ? [] : prepared.fetched.map { ($0.name, executor.results[$0.index]) }
  }

  /// Calls `body` with the values of `results` one after another.
  @export(interface) public func forEachResult(_ body: (Value) -> Void) {
    if executor.results.isEmpty { return }
    for (_, index) in prepared.fetched { body(executor.results[index]) }
  }

  public var resultCount: Int { executor.results.isEmpty ? 0 : prepared.fetched.count }
}

extension Fact.Kind {
  /// A value of this kind, as errors name it.
  fileprivate var article: StaticString {
    switch self {
    case .tensor: "a tensor"
    case .sequence: "a sequence"
    case .map: "a map"
    case .optional: "nothing"
    }
  }
}

extension DeclaredValue {
  /// Throws where a value is of another kind than this input; what is told of a tensor that does not fit is added to
  /// `misfits`.
  fileprivate func check(_ value: Value, _ misfits: inout [UInt8]) throws(RuntimeError) {
    let given = Fact(value).kind
    if kind != .optional, kind != given, given != .optional || !isOptional {
      throw RuntimeError(
        .wrongKind, "input %s must be %n, got %n", names: [name, Name(kind.article), Name(given.article)], shapes: [])
    }
    guard case .tensor(let tensor) = value else { return }
    let expected = type ?? tensor.type
    if tensor.type == expected, fits(tensor.shape.dims) { return }
    let misfit = RuntimeError(
      .invalidArgument, misfits.isEmpty ? "input %s must be %t%n, got %t %v" : "; input %s must be %t%n, got %t %v",
      names: [name, shownDims], shapes: [tensor.shape.dims], Int(expected.rawValue), Int(tensor.type.rawValue))
    misfits += misfit.messageName.bytes
  }

  private func fits(_ shape: [Int]) -> Bool {
    guard let dims else { return true }
    // One element may be fed for a scalar, as the reference allows.
    if dims.isEmpty, shape == [1] { return true }
    guard shape.count == dims.count else { return false }
    for (i, dim) in dims.enumerated() {
      if case .known(let size) = dim, size != shape[i] { return false }
    }
    return true
  }

  /// ` [batch, 3, ?]`; nothing of an unknown rank.
  private var shownDims: Name {
    guard let dims else { return Name() }
    var text: [UInt8] = []
    for dim in dims {
      text.append(text: text.isEmpty ? " [" : ", ")
      switch dim {
      case .known(let size): text.append(decimal: size)
      case .named(let symbol): text += symbol.bytes
      case .unknown: text.append(UInt8(ascii: "?"))
      }
    }
    text.append(text: text.isEmpty ? " []" : "]")
    return Name(text)
  }
}
