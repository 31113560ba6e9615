import ONNXFormat
import Tensors

/// A model on its way to a graph, some nodes at a time.
public final class ModelImport {
  public let model: ModelProto
  private let importer: Importer
  private let scope: Scope
  private let opsets: Opsets
  private let dims: [FixedDim]
  private let nodes: [NodeProto]
  private var next = 0

  /// - Parameters:
  ///   - overridesInitializers: Whether an initialiser that the model lists as an input too becomes an input that may be
  ///     left out: it is neither folded nor packed then. nil: from IR version 4 on, where to list one is deliberate.
  ///     Before, every initialiser was listed.
  ///   - dims: Sizes of symbolic dims, in all that the model declares.
  @export(interface) public init(
    _ model: ModelProto, loader: TensorLoader, allocator: Allocator, overridesInitializers: Bool? = nil,
    dims: [FixedDim] = []
  ) throws(RuntimeError) {
    self.model = model
    self.dims = dims
    importer = Importer(
      model, loader: loader, allocator: allocator, keepsDefaults: overridesInitializers ?? (model.irVersion > 3))
    opsets = try Opsets(model.opsetImports)
    scope = Scope(Graph(), opsets: opsets)
    nodes = try importer.begin(scope, from: model.graph, inputsAreFormal: false)
  }

  /// Adds up to `nodeLimit` nodes; the graph, once it is whole.
  @export(interface) public func advance(_ nodeLimit: Int = .max) throws(RuntimeError) -> ImportedModel? {
    let end = next + min(nodeLimit, nodes.count - next)
    while next < end {
      try importer.add(nodes[next], to: scope)
      next += 1
    }
    if next < nodes.count { return nil }
    try importer.finish(scope, from: model.graph)
    return ImportedModel(model, scope, opsets, dims)
  }
}

/// The size of every dim of a name.
public struct FixedDim {
  public let symbol: Name
  public let size: Int

  public init(_ symbol: Name, _ size: Int) {
    self.symbol = symbol
    self.size = size
  }
}

/// A model as a graph.
public struct ImportedModel {
  public let graph: Graph
  /// The inputs that a run must be given, in order.
  public let inputs: [DeclaredValue]
  /// Inputs that may be left out, and what they are then; they come behind `inputs`.
  public let defaults: [(input: DeclaredValue, value: Constant)]
  /// Inputs that the model lists and that are constants all the same.
  public let constantInputs: [Name]
  public let outputs: [DeclaredValue]
  /// Every domain with the version that holds.
  public let opsets: Opsets

  init(_ model: ModelProto, _ scope: Scope, _ opsets: Opsets, _ dims: [FixedDim]) {
    let graph = scope.graph
    self.graph = graph
    self.opsets = opsets
    func declared(_ id: ValueID) -> DeclaredValue {
      DeclaredValue(model.graph.inputs.first { $0.name == graph.values[id].name }!, dims)
    }
    inputs = graph.inputs.dropLast(scope.defaults.count).map { declared($0) }
    defaults = scope.defaults.map { (declared($0.id), $0.constant) }
    constantInputs = model.graph.inputs.map { $0.name }.filter { name in
      scope.ids[name].map { graph.values[$0].constant != nil } ?? false
    }
    outputs = model.graph.outputs.map { DeclaredValue($0, dims) }
  }
}
