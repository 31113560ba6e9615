import ONNXFormat
import Tensors

/// Turns a decoded model into a graph: names become ids, constants are told apart, function calls are replaced by their
/// bodies, and the subgraphs of control flow are closed over what they use.
public struct Importer {
  /// The newest version of ai.onnx whose operators are known here.
  public static let newestOpset = 28
  /// How deep functions may call functions, and subgraphs hold subgraphs.
  static let depthLimit = 64
  /// How many nodes a graph may have: functions that call functions twice each grow without end.
  static let nodeLimit = 1 << 18

  let functions: [FunctionProto]
  let functionIndex: NameTable
  let loader: TensorLoader
  let allocator: Allocator
  /// Whether initialisers that are inputs too may be fed, rather than being constants.
  let keepsDefaults: Bool

  /// The graph of `model`; see `ModelImport`.
  @export(interface) public static func importing(
    _ model: ModelProto, loader: TensorLoader, allocator: Allocator
  ) throws(RuntimeError) -> ImportedModel {
    let importing = try ModelImport(model, loader: loader, allocator: allocator)
    while true {
      if let imported = try importing.advance() { return imported }
    }
  }

  init(_ model: ModelProto, loader: TensorLoader, allocator: Allocator, keepsDefaults: Bool) {
    var functionIndex: NameTable = [:]
    for (index, function) in model.functions.enumerated() {
      functionIndex[Importer.functionKey(function.domain, function.name, function.overload)] = index
    }
    functions = model.functions
    self.functionIndex = functionIndex
    self.loader = loader
    self.allocator = allocator
    self.keepsDefaults = keepsDefaults
  }

  static func functionKey(_ domain: Name, _ name: Name, _ overload: Name) -> Name {
    var bytes = Opsets.normal(domain).bytes
    bytes.append(0)
    bytes += name.bytes
    bytes.append(0)
    bytes += overload.bytes
    return Name(bytes)
  }

  // MARK: Graphs

  /// Adds the constants and inputs of `proto` to the scope's graph, and answers its nodes in the order in which they are
  /// to be added. The formal inputs of a body stay inputs even where they bear an initialiser's name.
  func begin(_ scope: Scope, from proto: GraphProto, inputsAreFormal: Bool) throws(RuntimeError) -> [NodeProto] {
    guard scope.depth < Importer.depthLimit else {
      throw RuntimeError(.invalidGraph, "subgraphs and functions may nest %d deep", Importer.depthLimit)
    }
    scope.graph.name = proto.name
    for record in proto.initializers {
      try scope.define(record.name, constant: RecordConstant(record, loader))
    }
    for sparse in proto.sparseInitializers {
      try scope.define(sparse.values.name, constant: dense(sparse))
    }
    for input in proto.inputs {
      if !inputsAreFormal, let id = scope.ids[input.name], let constant = scope.graph.values[id].constant {
        if keepsDefaults {
          scope.graph.values[id].constant = nil
          scope.defaults.append((id, constant))
        }
      } else {
        scope.graph.inputs.append(try scope.define(input.name))
      }
    }
    scope.graph.inputs += scope.defaults.map { $0.id }
    scope.graph.declaredOutputs = proto.outputs.map { DeclaredValue($0) }
    return try inOrder(proto.nodes)
  }

  /// Adds the outputs of `proto`, once its nodes are there.
  func finish(_ scope: Scope, from proto: GraphProto) throws(RuntimeError) {
    for output in proto.outputs {
      guard let id = scope.lookup(output.name) else {
        throw RuntimeError(.invalidGraph, "output %s is made by no node", name: output.name)
      }
      scope.graph.outputs.append(id)
    }
  }

  /// The nodes in an order in which every value is made before it is read: nearly always the one they are in.
  func inOrder(_ nodes: [NodeProto]) throws(RuntimeError) -> [NodeProto] {
    var producers: NameTable = [:]
    for (index, node) in nodes.enumerated() {
      for output in node.outputs where !output.isEmpty { producers[output] = index }
    }
    var reads: [[Int]] = []
    reads.reserveCapacity(nodes.count)
    var isSorted = true
    for (index, node) in nodes.enumerated() {
      var before: [Int] = []
      var names: [Name] = []
      node.appendReads(to: &names)
      for name in names {
        if let producer = producers[name] {
          before.append(producer)
          if producer >= index { isSorted = false }
        }
      }
      reads.append(before)
    }
    if isSorted { return nodes }

    // Depth first, with a stack of our own: 0 is new, 1 is open, 2 is done.
    var state = [UInt8](repeating: 0, count: nodes.count)
    var order: [Int] = []
    for root in nodes.indices where state[root] == 0 {
      var stack = [(node: root, next: 0)]
      state[root] = 1
      while let top = stack.last {
        if top.next == reads[top.node].count {
          state[top.node] = 2
          order.append(top.node)
          stack.removeLast()
          continue
        }
        stack[stack.count - 1].next += 1
        let before = reads[top.node][top.next]
        if state[before] == 1 {
          throw RuntimeError(.invalidGraph, "node %s is part of a cycle", name: nodes[before].name)
        }
        if state[before] == 0 {
          state[before] = 1
          stack.append((before, 0))
        }
      }
    }
    return order.map { nodes[$0] }
  }

  // MARK: Nodes

  func add(_ proto: NodeProto, to scope: Scope) throws(RuntimeError) {
    do throws(RuntimeError) {
      let key = Importer.functionKey(proto.domain, proto.opType, proto.overload)
      if let function = functionIndex[key] {
        try inline(functions[function], for: proto, in: scope)
      } else if proto.opType == "Constant", Opsets.normal(proto.domain).isEmpty {
        try addConstant(proto, to: scope)
      } else if proto.opType == "FlexAttention", proto.domain == "ai.onnx.preview" {
        try addFlexAttention(proto, to: scope)
      } else {
        try addNode(proto, to: scope)
      }
    } catch {
      throw error.at(
        RuntimeError.Node(name: scope.prefix + proto.name, opType: proto.opType, opset: scope.opsets[proto.domain] ?? 0)
      )
    }
  }

  private func addNode(_ proto: NodeProto, to scope: Scope) throws(RuntimeError) {
    guard scope.graph.nodes.count < Importer.nodeLimit else {
      throw RuntimeError(.invalidGraph, "a graph may have %d nodes", Importer.nodeLimit)
    }
    guard let opset = scope.opsets[proto.domain] else {
      throw RuntimeError(.invalidGraph, "the model imports no opset of domain %s", name: proto.domain)
    }
    var inputs: [ValueID] = []
    for input in proto.inputs { inputs.append(try scope.required(input)) }
    var node = Node(
      name: scope.prefix + proto.name, proto.opType, domain: Opsets.normal(proto.domain), opset: opset, inputs: inputs,
      outputs: [])
    for attribute in proto.attributes { try add(attribute, to: &node, in: scope) }
    var outputs: [ValueID] = []
    for output in proto.outputs { outputs.append(output.isEmpty ? -1 : try scope.define(output)) }
    node.outputs = outputs
    scope.graph.nodes.append(node)
  }

  private func add(_ given: AttributeProto, to node: inout Node, in scope: Scope) throws(RuntimeError) {
    guard let attribute = scope.resolved(given) else { return }
    switch attribute.value {
    case .graph(let graph):
      node.bodies.append(try body(attribute.name, graph, in: scope))
    case .graphs(let graphs):
      for graph in graphs { node.bodies.append(try body(attribute.name, graph, in: scope)) }
    default:
      if let value = try importedValue(attribute) { node.attributes[attribute.name] = value }
    }
  }

  private func body(_ attribute: Name, _ proto: GraphProto, in scope: Scope) throws(RuntimeError) -> Body {
    let inner = Scope(Graph(), inside: scope)
    for node in try begin(inner, from: proto, inputsAreFormal: true) { try add(node, to: inner) }
    try finish(inner, from: proto)
    inner.graph.inputs += inner.captures.map { $0.inner }
    return Body(attribute: attribute, graph: inner.graph, captures: inner.captures.map { $0.outer })
  }

  private func importedValue(_ attribute: AttributeProto) throws(RuntimeError) -> Attribute? {
    switch attribute.value {
    case .float(let value): return .float(value)
    case .int(let value): return .int(value)
    case .string(let value): return .string(value)
    case .tensor(let record): return .tensor(try RecordConstant(record, loader))
    case .floats(let values): return .floats(values)
    case .ints(let values): return .ints(values)
    case .strings(let values): return .strings(values)
    case .tensors(let records):
      var constants: [Constant] = []
      for record in records { constants.append(try RecordConstant(record, loader)) }
      return .tensors(constants)
    case .sparseTensor(let sparse): return .tensor(try dense(sparse))
    case .type(let type):
      let fact = try DeclaredType(type)
      return .type(fact.type, fact.kind)
    case .none, .graph, .graphs, .sparseTensors, .types: return nil
    }
  }

  // MARK: Functions

  private func inline(_ function: FunctionProto, for call: NodeProto, in scope: Scope) throws(RuntimeError) {
    let inner = Scope(scope.graph, calledFrom: scope, opsets: try Opsets(function.opsetImports))
    guard inner.depth < Importer.depthLimit else {
      throw RuntimeError(.invalidGraph, "functions may call each other %d deep", Importer.depthLimit)
    }
    guard call.inputs.count <= function.inputs.count, call.outputs.count <= function.outputs.count else {
      throw RuntimeError(
        .invalidGraph, "the function has %d inputs and %d outputs", function.inputs.count, function.outputs.count)
    }
    inner.prefix = scope.prefix + call.name + Name("/")
    for (i, formal) in function.inputs.enumerated() {
      inner.ids[formal] = i < call.inputs.count ? try scope.required(call.inputs[i]) : -1
    }
    for attribute in function.attributeDefaults { inner.set(attribute) }
    for given in call.attributes {
      if let attribute = scope.resolved(given) { inner.set(attribute) }
    }
    for node in try inOrder(function.nodes) { try add(node, to: inner) }
    for (i, formal) in function.outputs.enumerated() where i < call.outputs.count && !call.outputs[i].isEmpty {
      guard let id = inner.lookup(formal) else {
        throw RuntimeError(.invalidGraph, "output %s of the function is made by no node", name: formal)
      }
      try scope.define(call.outputs[i], as: id)
    }
  }
}

extension NodeProto {
  /// Appends every name that the node or a subgraph of it reads.
  fileprivate func appendReads(to names: inout [Name]) {
    for input in inputs where !input.isEmpty { names.append(input) }
    for attribute in attributes {
      switch attribute.value {
      case .graph(let graph): graph.appendReads(to: &names)
      case .graphs(let graphs): for graph in graphs { graph.appendReads(to: &names) }
      default: break
      }
    }
  }
}

extension GraphProto {
  /// What a subgraph reads of the graph around it: names of its own may be the same as names out there.
  fileprivate func appendReads(to names: inout [Name]) {
    var own: NameTable = [:]
    for input in inputs { own[input.name] = 1 }
    for record in initializers { own[record.name] = 1 }
    for sparse in sparseInitializers { own[sparse.values.name] = 1 }
    for node in nodes {
      for output in node.outputs { own[output] = 1 }
    }
    var reads = outputs.map { $0.name }
    for node in nodes { node.appendReads(to: &reads) }
    for name in reads where own[name] == nil { names.append(name) }
  }
}
