import ONNXFormat
import Tensors

/// The names that a graph under construction can see.
final class Scope {
  let graph: Graph
  let opsets: Opsets
  let depth: Int
  /// `-1` stands for a formal input of a function that the call left out.
  var ids: NameTable = [:]
  /// What the graph uses of the outer one, in the order of first use.
  private(set) var captures: [(outer: ValueID, inner: ValueID)] = []
  /// Initialisers of the main graph that may be fed.
  var defaults: [(id: ValueID, constant: Constant)] = []
  /// The attributes of the function call being inlined.
  private var attributes: [AttributeProto] = []
  /// Goes before the names of nodes that come from a function.
  var prefix = Name()
  /// The graph around a body; a function sees nothing around it.
  private let outer: Scope?
  /// Whether the nodes go to the outer graph itself.
  private let isSpliced: Bool

  /// The scope of a whole model.
  init(_ graph: Graph, opsets: Opsets) {
    self.graph = graph
    self.opsets = opsets
    outer = nil
    isSpliced = false
    depth = 0
  }

  /// The scope of a body inside `outer`.
  init(_ graph: Graph, inside outer: Scope) {
    self.graph = graph
    self.outer = outer
    isSpliced = false
    opsets = outer.opsets
    attributes = outer.attributes
    prefix = outer.prefix
    depth = outer.depth + 1
  }

  /// The scope of a subgraph whose nodes go to the graph around it, with names that begin with `prefix`.
  init(splicedInto outer: Scope, prefix: Name) {
    graph = outer.graph
    self.outer = outer
    isSpliced = true
    opsets = outer.opsets
    attributes = outer.attributes
    self.prefix = prefix
    depth = outer.depth + 1
  }

  /// The scope of a function whose nodes go to the caller's graph.
  init(_ graph: Graph, calledFrom caller: Scope, opsets: Opsets) {
    self.graph = graph
    self.opsets = opsets
    outer = nil
    isSpliced = false
    depth = caller.depth + 1
  }

  @discardableResult
  func define(_ name: Name, constant: Constant? = nil) throws(RuntimeError) -> ValueID {
    let id = graph.addValue(prefix + name, constant: constant)
    try define(name, as: id)
    return id
  }

  func define(_ name: Name, as id: ValueID) throws(RuntimeError) {
    guard ids.updateValue(id, forKey: name) == nil else {
      throw RuntimeError(.invalidGraph, "value %s is made twice", name: name)
    }
  }

  /// The id of `name`; a value of the outer graph becomes a capture, a constant of it a constant here.
  func lookup(_ name: Name) -> ValueID? {
    if let id = ids[name] { return id }
    guard let outer, let outerID = outer.lookup(name) else { return nil }
    if outerID < 0 || isSpliced { return outerID }
    let constant = outer.graph.values[outerID].constant
    let id = graph.addValue(name, constant: constant)
    if constant == nil { captures.append((outerID, id)) }
    ids[name] = id
    return id
  }

  /// The id of an input of a node; -1 where the name is empty.
  func required(_ name: Name) throws(RuntimeError) -> ValueID {
    if name.isEmpty { return -1 }
    guard let id = lookup(name) else {
      throw RuntimeError(.invalidGraph, "input %s is made by no node and is no input of the graph", name: name)
    }
    return id
  }

  /// Gives an attribute of the call its value.
  func set(_ attribute: AttributeProto) {
    attributes.removeAll { $0.name == attribute.name }
    attributes.append(attribute)
  }

  /// The attribute with its value; nil where it refers to one that the function's caller left out.
  func resolved(_ attribute: AttributeProto) -> AttributeProto? {
    guard !attribute.refAttrName.isEmpty else { return attribute }
    guard var value = attributes.first(where: { $0.name == attribute.refAttrName }) else { return nil }
    value.name = attribute.name
    return value
  }
}

/// The operator sets a model is written in.
public struct Opsets {
  /// Each domain once; ai.onnx is the empty name.
  public private(set) var versions: [(domain: Name, version: Int)] = []

  /// Throws where ai.onnx is newer than what is known here. Of a domain named twice the higher version holds.
  public init(_ imports: [OpsetImport]) throws(RuntimeError) {
    for entry in imports {
      let domain = Opsets.normal(entry.domain)
      let version = Int(clamping: entry.version)
      if domain.isEmpty, version > Importer.newestOpset {
        throw RuntimeError(
          .notImplemented, "the model is of opset %d, the newest known is %d", version, Importer.newestOpset)
      }
      if let at = versions.firstIndex(where: { $0.domain == domain }) {
        versions[at].version = max(versions[at].version, version)
      } else {
        versions.append((domain, version))
      }
    }
  }

  public subscript(domain: Name) -> Int? {
    let domain = Opsets.normal(domain)
    for entry in versions where entry.domain == domain { return entry.version }
    return nil
  }

  /// The domain, with ai.onnx as the empty name.
  static func normal(_ domain: Name) -> Name { domain == "ai.onnx" ? Name() : domain }
}
