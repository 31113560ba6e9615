import Apus
import Tensors

/// A model file with its structure, and the options that commands share for making a session of it.
struct ModelFile {
  let path: Name
  let source: ByteSource
  let proto: ModelProto

  /// Opens `path`, or `model.onnx` in it where it is a directory.
  init(_ path: Name, _ host: Host) throws(RuntimeError) {
    self.path = Files.kind(path) == .directory ? path.joined("model.onnx") : path
    let source = try Files.open(self.path)
    self.source = source
    proto = try host.about(self.path) { () throws(RuntimeError) in try ModelProto(decoding: source) }
  }

  /// The files of external data, which are beside the model.
  var external: ExternalSources { FilesBeside(model: path) }

  /// The model as a graph, before any pass.
  func imported(_ host: Host, _ allocator: Allocator) throws(RuntimeError) -> ImportedModel {
    try host.about(path) { () throws(RuntimeError) in
      try Importer.importing(proto, loader: TensorLoader(source, external: external), allocator: allocator)
    }
  }

  /// A session, with its progress shown where somebody watches. `fed` are inputs and `fetched` values that a run will
  /// name.
  func session(
    _ options: SessionOptions, fed: [Name] = [], fetched: [Name] = [], clock: (() -> Double)? = nil, _ host: Host
  ) throws(RuntimeError) -> Session {
    var sessionOptions = Session.Options()
    if proto.graph.initializers.contains(where: { fed.contains($0.name) }) {
      sessionOptions.overridesInitializers = true
    }
    for name in fetched where !proto.graph.outputs.contains(where: { $0.name == name }) {
      sessionOptions.intermediates.add(name)
    }
    sessionOptions.optimization = options.optimization
    sessionOptions.memoryLimit = options.memoryLimit
    sessionOptions.clock = clock
    let builder = SessionBuilder(
      source: source, external: external, options: sessionOptions, platform: options.platform(host))
    let progress = Progress(host.terminal)
    defer { progress.clear() }
    return try host.about(path) { () throws(RuntimeError) in
      while try !builder.advance() {
        progress.show("loading", path.lastPart, percent: Int(builder.progress * 100))
      }
      return Session(try builder.finished())
    }
  }

  /// The type that the file declares for an input or output.
  func declaredType(_ name: Name) -> TypeProto {
    (proto.graph.inputs + proto.graph.outputs).first { $0.name == name }?.type ?? .none
  }
}

/// How a session is made: the same options for every command that runs a model.
struct SessionOptions {
  static let levels: StaticString = "passes over the graph: none, basic, extended or all (default: all)"
  static let options = [
    Usage.Option("--threads", "N", "threads to run on (default: as many as the machine has)"),
    Usage.Option("--no-blas", nil, "multiply with our own code only: the same numbers on every machine"),
    Usage.Option("--opt", "LEVEL", levels),
    Usage.Option("--memory-limit", "MB", "the most memory that tensors and weights may take"),
  ]

  var threads: Int?
  var blas = true
  var optimization = OptimizationLevel.all
  var memoryLimit = Int.max

  init() {}

  func platform(_ host: Host) -> Platform { host.platform(threads: threads, blas: blas) }

  init(_ arguments: Arguments) throws(RuntimeError) {
    threads = try arguments.integer("--threads", 1...1024)
    blas = !arguments.has("--no-blas")
    if let megabytes = try arguments.integer("--memory-limit", 1...Int.max / 1_000_000) {
      memoryLimit = megabytes * 1_000_000
    }
    guard let level = arguments.value("--opt") else { return }
    if level == "none" {
      optimization = .none
    } else if level == "basic" {
      optimization = .basic
    } else if level == "extended" {
      optimization = .extended
    } else if level == "all" {
      optimization = .all
    } else {
      throw RuntimeError(.invalidArgument, "option '--opt' must be none, basic, extended or all, got %s", name: level)
    }
  }
}
