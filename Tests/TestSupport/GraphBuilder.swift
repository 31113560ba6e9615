import Apus

/// A node in the form that graphs are printed in: `"y, - = Conv(x, w, -)"`, `"y = com.microsoft.Gelu(x)"`.
///
/// Its name is its first output.
public func node(_ text: String, _ attributes: KeyValuePairs<String, AttributeProto.Value> = [:]) -> NodeProto {
  let sides = text.split(separator: "=", maxSplits: 1)
  precondition(sides.count == 2 && sides[1].hasSuffix(")"), "no node: \(text)")
  let call = sides[1].dropLast().split(separator: "(", maxSplits: 1, omittingEmptySubsequences: false)
  var node = NodeProto()
  let op = trimmed(call[0])
  if let dot = op.lastIndex(of: ".") { node.domain = Name(text: String(op[..<dot])) }
  node.opType = Name(text: op.split(separator: ".").last.map(String.init)!)
  node.inputs = names(call[1])
  node.outputs = names(sides[0])
  node.name = node.outputs.first { !$0.isEmpty } ?? Name()
  node.attributes = attributes.map { AttributeProto(Name(text: $0.key), $0.value) }
  return node
}

/// A graph; inputs and outputs are written `"x"`, `"n: int64"` or `"x: float32 [batch, 3, ?]"`. An input of no type is
/// float32, an output of no type has none.
public func graph(
  _ inputs: [String] = [], constants: KeyValuePairs<String, Tensor> = [:], _ nodes: [NodeProto], _ outputs: [String]
) -> GraphProto {
  var graph = GraphProto()
  graph.inputs = inputs.map { declared($0, default: .tensor(elementType: 1, shape: nil)) }
  graph.initializers = constants.map { TensorRecord(name: Name(text: $0.key), $0.value) }
  graph.nodes = nodes
  graph.outputs = outputs.map { declared($0, default: .none) }
  return graph
}

/// A function of domain `local` in opset 22; `defaults` are the attributes that a call may leave out.
public func function(
  _ name: String, _ inputs: [String], _ nodes: [NodeProto], _ outputs: [String], attributes: [String] = [],
  defaults: KeyValuePairs<String, AttributeProto.Value> = [:]
) -> FunctionProto {
  var function = FunctionProto()
  function.name = Name(text: name)
  function.domain = "local"
  function.inputs = inputs.map { Name(text: $0) }
  function.outputs = outputs.map { Name(text: $0) }
  function.nodes = nodes
  function.attributeNames = attributes.map { Name(text: $0) }
  function.attributeDefaults = defaults.map { AttributeProto(Name(text: $0.key), $0.value) }
  function.opsetImports = [OpsetImport(domain: Name(), version: 22), OpsetImport(domain: "local", version: 1)]
  return function
}

extension NodeProto {
  /// The node with an attribute whose value is that of the calling node's `attribute`.
  public func referring(_ name: String, to attribute: String) -> NodeProto {
    var reference = AttributeProto()
    reference.name = Name(text: name)
    reference.refAttrName = Name(text: attribute)
    var node = self
    node.attributes.append(reference)
    return node
  }
}

extension ModelProto {
  /// The model with functions its nodes may call.
  public func with(_ functions: FunctionProto...) -> ModelProto {
    var model = self
    model.functions = functions
    model.opsetImports.append(OpsetImport(domain: "local", version: 1))
    return model
  }

  /// The model as a graph, no pass applied.
  public func imported() throws(RuntimeError) -> ImportedModel {
    try Importer.importing(self, loader: TensorLoader(ByteSource(byteCount: 0)), allocator: testAllocator)
  }
}

extension Graph {
  /// The graph as text: its nodes, and a last line of its outputs.
  public var printed: String {
    String(decoding: GraphPrinter(self).bytes, as: UTF8.self)
      + "-> \(outputs.map { valueName($0).text }.joined(separator: ", "))"
  }
}

// MARK: Reading

private func trimmed(_ text: some StringProtocol) -> String {
  String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
}

private func names(_ list: Substring) -> [Name] {
  trimmed(list).isEmpty ? [] : list.split(separator: ",").map { trimmed($0) == "-" ? Name() : Name(text: trimmed($0)) }
}

private func declared(_ text: String, default type: TypeProto) -> ValueInfoProto {
  let parts = text.split(separator: ":", maxSplits: 1)
  let name = Name(text: trimmed(parts[0]))
  guard parts.count == 2 else { return ValueInfoProto(name: name, type: type) }
  let words = trimmed(parts[1]).split(separator: "[", maxSplits: 1)
  let element = ElementType.allCases.first { "\($0.name)" == trimmed(words[0]) }!
  let dims: [TypeProto.Dimension]? =
    words.count == 1
    ? nil
    : words[1].dropLast().split(separator: ",").map { word in
      let word = trimmed(word)
      return Int64(word).map { .value($0) } ?? (word == "?" ? .unknown : .parameter(Name(text: word)))
    }
  return ValueInfoProto(name: name, type: .tensor(elementType: Int32(element.rawValue), shape: dims))
}
