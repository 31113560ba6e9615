import ONNXFormat
import Tensors

/// Turns a graph, as passes have left it, into a model that can be written and imported again.
///
/// Fused operators stay in their own domain, which only this runtime knows. A node of another opset than the model's (a
/// pass wrote LayerNormalization into a model of opset 13) becomes the call of a function that imports that opset.
public struct GraphExport {
  /// Of the functions that carry a node of another opset.
  private static let functionDomain: Name = "apus.functions"

  private let opsets: Opsets
  private let allocator: Allocator
  private var taken: NameTable = [:]
  private var functions: [FunctionProto] = []

  /// The graph of `imported` under the head of `model`, the file that it came from. Weights stay where they are: they are
  /// read when the model is written.
  @export(interface) public static func model(
    _ imported: ImportedModel, from model: ModelProto, dims: [FixedDim] = [], allocator: Allocator
  ) throws(RuntimeError) -> ModelProto {
    var export = GraphExport(opsets: imported.opsets, allocator: allocator)
    var proto = model
    // Initialisers need not be inputs from IR version 4 on, and functions have operator sets of their own from 8 on.
    proto.irVersion = max(model.irVersion, 8)
    let graph = imported.graph
    var names = [Name](repeating: Name(), count: graph.values.count)
    for input in graph.inputs { names[input] = export.unique(graph.values[input].name) }
    proto.graph = try export.written(graph, &names, outputs: model.graph.outputs)
    proto.graph.inputs = model.graph.inputs.filter { !imported.constantInputs.contains($0.name) }
    for (input, value) in imported.defaults {
      proto.graph.initializers.append(try export.record(value, name: input.name))
    }
    for i in proto.graph.inputs.indices { proto.graph.inputs[i].type.fix(dims) }
    for i in proto.graph.outputs.indices { proto.graph.outputs[i].type.fix(dims) }
    proto.functions = export.functions
    proto.opsetImports = imported.opsets.versions.map { OpsetImport(domain: $0.domain, version: Int64($0.version)) }
    for domain in [FusedOperators.domain, functionDomain] where imported.opsets[domain] == nil {
      proto.opsetImports.append(OpsetImport(domain: domain, version: 1))
    }
    return proto
  }

  private init(opsets: Opsets, allocator: Allocator) {
    self.opsets = opsets
    self.allocator = allocator
  }

  /// `name`, or one like it that no other value of the model has.
  @inline(never)
  private mutating func unique(_ name: Name) -> Name {
    let stem = name.isEmpty ? "value" : name
    var candidate = stem
    var count = 0
    while taken[candidate] != nil {
      count += 1
      var bytes = stem.bytes
      bytes.append(UInt8(ascii: "_"))
      bytes.append(decimal: count)
      candidate = Name(bytes)
    }
    taken[candidate] = 1
    return candidate
  }

  /// The nodes, constants and outputs of a graph. `names` are those of its values, empty where they have none yet:
  /// inputs and captures have. `outputs` say how the outputs should be called.
  private mutating func written(
    _ graph: Graph, _ names: inout [Name], outputs: [ValueInfoProto]
  ) throws(RuntimeError) -> GraphProto {
    var proto = GraphProto()
    proto.name = graph.name
    proto.outputs = outputs
    // An output that has a name already, as an input or another output, is copied to its own.
    var copies: [NodeProto] = []
    for (i, value) in graph.outputs.enumerated() {
      guard value >= 0 else { throw RuntimeError(.invalidGraph, "output %s is left out", name: outputs[i].name) }
      if names[value] == outputs[i].name { continue }
      proto.outputs[i].name = unique(outputs[i].name)
      if names[value].isEmpty, graph.values[value].constant == nil {
        names[value] = proto.outputs[i].name
      } else {
        var copy = NodeProto()
        copy.opType = "Identity"
        copy.inputs = [try name(of: value, in: graph, &names, &proto)]
        copy.outputs = [proto.outputs[i].name]
        copies.append(copy)
      }
    }
    for node in graph.nodes {
      do throws(RuntimeError) {
        proto.nodes.append(try written(node, in: graph, &names, &proto))
      } catch {
        throw error.at(node.place)
      }
    }
    proto.nodes += copies
    return proto
  }

  /// The name of a value; a constant becomes an initialiser when it is first asked for.
  @inline(never)
  private mutating func name(
    of value: ValueID, in graph: Graph, _ names: inout [Name], _ proto: inout GraphProto
  ) throws(RuntimeError) -> Name {
    if value < 0 { return Name() }
    if names[value].isEmpty {
      names[value] = unique(graph.values[value].name)
      if let constant = graph.values[value].constant {
        proto.initializers.append(try record(constant, name: names[value]))
      }
    }
    return names[value]
  }

  @inline(never)
  private func record(_ constant: Constant, name: Name) throws(RuntimeError) -> TensorRecord {
    if constant.type == .string { return TensorRecord(name: name, try constant.tensor(allocator)) }
    return TensorRecord(name: name, constant.type, constant.shape, constant)
  }

  // MARK: Nodes

  private mutating func written(
    _ node: Node, in graph: Graph, _ names: inout [Name], _ proto: inout GraphProto
  ) throws(RuntimeError) -> NodeProto {
    var result = NodeProto()
    result.name = node.name
    result.opType = node.opType
    result.domain = node.domain
    for input in node.inputs { result.inputs.append(try name(of: input, in: graph, &names, &proto)) }
    for output in node.outputs { result.outputs.append(try name(of: output, in: graph, &names, &proto)) }
    for (name, value) in node.attributes.entries { result.attributes.append(AttributeProto(name, try written(value))) }
    for body in node.bodies {
      var inner = [Name](repeating: Name(), count: body.graph.values.count)
      for (i, input) in body.graph.inputs.enumerated() {
        inner[input] =
          i < body.formalCount
          ? unique(body.graph.values[input].name)
          : try name(of: body.captures[i - body.formalCount], in: graph, &names, &proto)
      }
      var graph = try written(body.graph, &inner, outputs: body.graph.declaredOutputs.map { ValueInfoProto($0) })
      graph.inputs = body.graph.inputs[..<body.formalCount].map { ValueInfoProto(name: inner[$0], type: .none) }
      result.attributes.append(AttributeProto(body.attribute, .graph(graph)))
    }
    guard node.domain != FusedOperators.domain, opsets[node.domain] != node.opset else { return result }
    guard node.bodies.isEmpty else {
      throw RuntimeError(
        .notImplemented, "control flow of opset %d cannot be written into a model of opset %d", node.opset,
        opsets[node.domain] ?? 0)
    }
    return call(result, opset: node.opset)
  }

  /// The call of a function that is the one node.
  private mutating func call(_ node: NodeProto, opset: Int) -> NodeProto {
    var function = FunctionProto()
    function.domain = GraphExport.functionDomain
    function.name = unique(node.opType)
    function.opsetImports = [OpsetImport(domain: node.domain, version: Int64(opset))]
    function.attributeNames = node.attributes.map { $0.name }
    function.inputs = node.inputs.map { _ in unique("input") }
    function.outputs = node.outputs.map { _ in unique("output") }
    var inner = node
    inner.inputs = zip(node.inputs, function.inputs).map { $0.isEmpty ? Name() : $1 }
    inner.outputs = zip(node.outputs, function.outputs).map { $0.isEmpty ? Name() : $1 }
    inner.attributes = node.attributes.map { attribute in
      var reference = AttributeProto()
      reference.name = attribute.name
      reference.kind = attribute.kind
      reference.refAttrName = attribute.name
      return reference
    }
    function.nodes = [inner]
    functions.append(function)
    var call = node
    call.opType = function.name
    call.domain = function.domain
    return call
  }

  private func written(_ attribute: Attribute) throws(RuntimeError) -> AttributeProto.Value {
    switch attribute {
    case .int(let value): return .int(value)
    case .float(let value): return .float(value)
    case .string(let value): return .string(value)
    case .ints(let values): return .ints(values)
    case .floats(let values): return .floats(values)
    case .strings(let values): return .strings(values)
    case .tensor(let constant): return .tensor(try record(constant, name: Name()))
    case .tensors(let constants):
      var records: [TensorRecord] = []
      for constant in constants { records.append(try record(constant, name: Name())) }
      return .tensors(records)
    case .type(let type, let kind): return .type(TypeProto(kind, type, nil))
    }
  }
}

extension ValueInfoProto {
  fileprivate init(_ declared: DeclaredValue) {
    var type = declared.type.map { TypeProto(declared.kind, $0, declared.dims) } ?? .none
    if declared.isOptional, declared.kind == .sequence { type = .optional(type) }
    self.init(name: declared.name, type: type)
  }
}

extension TypeProto {
  fileprivate init(_ kind: Fact.Kind, _ type: ElementType, _ dims: [DeclaredValue.Dim]?) {
    let tensor = TypeProto.tensor(
      elementType: Int32(type.rawValue),
      shape: dims.map { dims in
        dims.map { dim in
          switch dim {
          case .known(let size): .value(Int64(size))
          case .named(let symbol): .parameter(symbol)
          case .unknown: .unknown
          }
        }
      })
    switch kind {
    case .tensor: self = tensor
    case .sequence: self = .sequence(tensor)
    case .optional: self = .optional(tensor)
    case .map: self = .map(key: Int32(ElementType.int64.rawValue), value: tensor)
    }
  }

  /// Gives the dims of a tensor the sizes that are fixed.
  fileprivate mutating func fix(_ dims: [FixedDim]) {
    guard case .tensor(let type, let shape?) = self else { return }
    self = .tensor(
      elementType: type,
      shape: shape.map { dim in
        guard case .parameter(let symbol) = dim, let given = dims.last(where: { $0.symbol == symbol }) else {
          return dim
        }
        return .value(Int64(given.size))
      })
  }
}
