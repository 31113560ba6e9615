import GraphIR
import Kernels
import ONNXFormat
import Operators
import Passes
import Tensors

/// Makes a session in small steps, so that a long create can be watched, yielded in and stopped.
public final class SessionBuilder {
  /// Everything a session is made of.
  public final class Ready {
    let model: ImportedModel
    let defaults: [Tensor]
    let summary: GraphSummary
    let program: Program
    let platform: Platform
    let allocator: Allocator
    let scratch: Storage
    let options: Session.Options

    fileprivate init(
      _ imported: Imported, _ program: Program, defaults: [Tensor], scratch: Storage, platform: Platform,
      allocator: Allocator, options: Session.Options
    ) {
      model = imported.model
      summary = GraphSummary(opsets: model.opsets, before: imported.nodes, after: model.graph.nodes)
      self.program = program
      self.defaults = defaults
      self.scratch = scratch
      self.platform = platform
      self.allocator = allocator
      self.options = options
    }

    /// Lets go of what was read of the model only to be packed or folded.
    fileprivate func forgetSources() {
      for (_, value) in model.defaults { value.release() }
      for value in model.graph.values { value.constant?.release() }
    }
  }

  private enum Stage {
    case reading
    case decoding(ModelDecoder)
    case decoded(ModelProto)
    case importing(ModelImport)
    case optimizing(Imported, Pipeline)
    case writing(Imported, WireSender)
    case binding(Imported, Binder)
    case filling(Ready, FillingQueue)
    case ready(Ready)
  }

  /// An imported model, with what is needed of it later.
  fileprivate final class Imported {
    let model: ImportedModel
    /// The file's structure, where it is to be written again.
    let proto: ModelProto?
    /// The nodes before any pass.
    let nodes: [Node]
    /// Values that runs may ask for besides the outputs.
    var kept: [ValueID]

    init(_ model: ImportedModel, proto: ModelProto?, kept: [ValueID]) {
      self.model = model
      self.proto = proto
      self.kept = kept
      nodes = model.graph.nodes
    }
  }

  /// How many fields are decoded, and nodes imported, at a time.
  private static let batch = 64

  private let loader: TensorLoader
  private let options: Session.Options
  private let platform: Platform
  private let allocator: Allocator
  private var stage: Stage

  @export(interface) public init(
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
  @export(interface) public init(
    model: ModelProto, options: Session.Options = Session.Options(), platform: Platform = .serial
  ) {
    loader = TensorLoader(ByteSource(byteCount: 0))
    self.options = options
    self.platform = platform
    allocator = Allocator(limit: options.memoryLimit)
    stage = .decoded(model)
  }

  /// Does the next piece of work: decodes or imports some nodes, applies a pass, binds a node, or fills a range of a
  /// weight. True when the session is ready.
  @export(interface) public func advance() throws(RuntimeError) -> Bool {
    try allocator.makeSureOfReserve()
    switch stage {
    case .reading:
      stage = .decoding(try ModelDecoder(loader.source))
    case .decoding(let decoder):
      if let model = try decoder.advance(SessionBuilder.batch) { stage = .decoded(model) }
    case .decoded(let model):
      stage = .importing(
        try ModelImport(
          model, loader: loader, allocator: allocator, overridesInitializers: options.overridesInitializers,
          dims: options.dims))
    case .importing(let importing):
      if let model = try importing.advance(SessionBuilder.batch) {
        stage = try beginOptimizing(model, options.optimizedModel == nil ? nil : importing.model)
      }
    case .optimizing(let imported, let pipeline):
      if try pipeline.advance() { stage = try endOptimizing(imported) }
    case .writing(let imported, let sender):
      if try sender.advance() { stage = beginBinding(imported) }
    case .binding(let imported, let binder):
      if try binder.advance() { stage = try beginFilling(imported, binder) }
    case .filling(let ready, let queue):
      if try queue.advance() {
        ready.forgetSources()
        stage = .ready(ready)
      }
    case .ready: break
    }
    if case .ready = stage { return true }
    return false
  }

  /// Values that are asked for stand as outputs of the graph while passes go over it, so that they stay.
  private func beginOptimizing(_ model: ImportedModel, _ proto: ModelProto?) throws(RuntimeError) -> Stage {
    let graph = model.graph
    let kept = try options.intermediates.values(of: graph)
    graph.outputs += kept
    let context = PassContext(allocator: allocator)
    return .optimizing(
      Imported(model, proto: proto, kept: kept), Pipeline(graph, level: options.optimization, context: context))
  }

  private func endOptimizing(_ imported: Imported) throws(RuntimeError) -> Stage {
    let graph = imported.model.graph
    imported.kept = graph.outputs.suffix(imported.kept.count)
    graph.outputs.removeLast(imported.kept.count)
    guard let sink = options.optimizedModel, let proto = imported.proto else { return beginBinding(imported) }
    let model = try GraphExport.model(imported.model, from: proto, dims: options.dims, allocator: allocator)
    return .writing(imported, WireSender(try ModelEncoder(loader).encode(model), to: sink))
  }

  private func beginBinding(_ imported: Imported) -> Stage {
    let model = imported.model
    let inputs = (model.inputs + model.defaults.map { $0.input }).map { $0.kind == .map ? nil : $0.type }
    let binder = Binder(
      model.graph, inputs: inputs, kept: imported.kept, platform: platform, allocator: allocator)
    return .binding(imported, binder)
  }

  /// Everything has its place now, and nothing but the fillings reads the model any more.
  private func beginFilling(_ imported: Imported, _ binder: Binder) throws(RuntimeError) -> Stage {
    let model = imported.model
    let bound = try binder.finish()
    var fillings = bound.fillings
    var defaults: [Tensor] = []
    for (_, value) in model.defaults {
      let (tensor, filling) = try value.placed(allocator)
      defaults.append(tensor)
      if let filling { fillings.append(filling) }
    }
    let ready = Ready(
      imported, bound.program, defaults: defaults, scratch: try allocator.allocate(byteCount: 0), platform: platform,
      allocator: allocator, options: options)
    return .filling(ready, try FillingQueue(fillings, allocator: allocator))
  }

  /// The share of the work that is done, 0 to 1, by nodes and constants.
  public var progress: Double {
    switch stage {
    case .reading, .decoding, .decoded, .importing: 0
    case .optimizing, .writing: 0.1
    case .binding(let imported, let binder):
      0.2 + 0.1 * Double(binder.boundCount) / Double(max(imported.model.graph.nodes.count, 1))
    case .filling(_, let queue): 1 - 0.7 * Double(queue.remaining) / Double(max(queue.count, 1))
    case .ready: 1
    }
  }

  /// The node that is bound next, or whose weights are being packed.
  public var next: RuntimeError.Node? {
    switch stage {
    case .binding(_, let binder): binder.next?.place
    case .filling(_, let queue): queue.node
    default: nil
    }
  }

  /// What `advance` made, once it has said true.
  @export(interface) public func finished() throws(RuntimeError) -> Ready {
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
