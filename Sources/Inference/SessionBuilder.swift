import GraphIR
import Kernels
import ONNXFormat
import Operators
import Passes
import Tensors

/// Makes a session in small steps, so that a long create can be watched, yielded in and stopped.
public final class SessionBuilder {
  /// Everything a session is made of.
  public struct Ready {
    let model: ImportedModel
    let defaults: [Tensor]
    let summary: GraphSummary
    let program: Program
    let platform: Platform
    let allocator: Allocator
    let scratch: Storage
    let options: Session.Options
  }

  private enum Stage {
    case reading
    case importing(ModelProto)
    case optimizing(ImportedModel)
    case binding(ImportedModel, GraphSummary, Binder)
    case ready(Ready)
  }

  private let loader: TensorLoader
  private let options: Session.Options
  private let platform: Platform
  private let allocator: Allocator
  private var stage: Stage

  public init(
    source: ByteSource, external: ExternalSources = ExternalSources(), options: Session.Options = Session.Options(),
    platform: Platform = .serial
  ) {
    loader = TensorLoader(source, external: external)
    self.options = options
    self.platform = platform
    allocator = Allocator(limit: options.memoryLimit)
    stage = .reading
  }

  /// For a model that was made in memory.
  public init(
    model: ModelProto, options: Session.Options = Session.Options(), platform: Platform = .serial
  ) {
    loader = TensorLoader(ByteSource(byteCount: 0))
    self.options = options
    self.platform = platform
    allocator = Allocator(limit: options.memoryLimit)
    stage = .importing(model)
  }

  /// Does the next piece of work: decodes, optimises, or binds one node. True when the session is ready.
  public func advance() throws(RuntimeError) -> Bool {
    try allocator.makeSureOfReserve()
    switch stage {
    case .reading:
      stage = .importing(try ModelProto(decoding: loader.source))
    case .importing(let model):
      stage = .optimizing(
        try Importer.importing(
          model, loader: loader, allocator: allocator, keepsDefaults: options.overridesInitializers))
    case .optimizing(let model):
      let before = model.graph.nodes
      if options.optimization > .none {
        try Pipeline.optimize(model.graph, level: options.optimization, context: PassContext(allocator: allocator))
      }
      let summary = GraphSummary(opsets: model.opsets, before: before, after: model.graph.nodes)
      stage = .binding(model, summary, Binder(model.graph, platform: platform, allocator: allocator))
    case .binding(let model, let summary, var binder):
      stage = .reading
      if !binder.isDone {
        try binder.bindNext()
        stage = .binding(model, summary, binder)
      } else {
        let program = try binder.program()
        var defaults: [Tensor] = []
        for (_, value) in model.defaults { defaults.append(try value.tensor(allocator)) }
        for (_, value) in model.defaults { value.release() }
        for value in model.graph.values { value.constant?.release() }
        stage = .ready(
          Ready(
            model: model, defaults: defaults, summary: summary, program: program, platform: platform,
            allocator: allocator, scratch: try allocator.allocate(byteCount: 0), options: options))
      }
    case .ready:
      return true
    }
    if case .ready = stage { return true }
    return false
  }

  /// The share of the work that is done, 0 to 1, by nodes.
  public var progress: Double {
    switch stage {
    case .reading, .importing: 0
    case .optimizing: 0.1
    case .binding(let model, _, let binder):
      0.2 + 0.8 * Double(binder.boundCount) / Double(max(model.graph.nodes.count, 1))
    case .ready: 1
    }
  }

  /// The node that is bound next, while nodes are bound.
  public var next: RuntimeError.Node? {
    guard case .binding(let model, _, let binder) = stage, !binder.isDone else { return nil }
    return model.graph.nodes[binder.boundCount].place
  }

  /// What `advance` made, once it has said true.
  public func finished() throws(RuntimeError) -> Ready {
    guard case .ready(let ready) = stage else { throw RuntimeError(.fail, "the session is not ready") }
    return ready
  }
}

/// A model's graph in numbers, for tools.
public struct GraphSummary {
  public let opsets: Opsets
  /// The nodes as the file has them, and as they are run.
  public let before: [Node]
  public let after: [Node]
}
