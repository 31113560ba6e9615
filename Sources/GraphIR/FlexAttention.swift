import ONNXFormat
import Tensors

/// ai.onnx.preview's FlexAttention, replaced by what it is made of: softmax(scale · Q · Kᵀ) · V, with subgraphs of the
/// model's own between.
///
/// Q is [batch, heads, queries, size], K and V [batch, shared heads, keys, size]. Heads that share keys are an axis of
/// their own, so that nothing is repeated.
///
/// <https://onnx.ai/onnx/operators/onnx_aionnxpreview_FlexAttention.html>
extension Importer {
  func addFlexAttention(_ call: NodeProto, to scope: Scope) throws(RuntimeError) {
    guard call.inputs.count == 3, call.outputs.count == 1 else {
      throw RuntimeError(
        .invalidGraph, "the operator takes 3 inputs and yields 1 output, got %d and %d", call.inputs.count,
        call.outputs.count)
    }
    var scale: Float?
    var precision: Int64?
    var modifiers: [(name: Name, graph: GraphProto)] = []
    for given in call.attributes {
      guard let attribute = scope.resolved(given) else { continue }
      switch attribute.value {
      case .float(let value) where attribute.name == "scale": scale = value
      case .int(let value) where attribute.name == "softmax_precision": precision = value
      case .graph(let graph) where attribute.name == "score_mod" || attribute.name == "prob_mod":
        modifiers.append((attribute.name, graph))
      default: throw RuntimeError(.invalidGraph, "attribute %s is not known", name: attribute.name)
      }
    }
    if let precision, ![1, 10, 11, 16].contains(precision) {
      throw RuntimeError(
        .invalidGraph, "softmax_precision must be float32, float16, float64 or bfloat16, got %d",
        Int(clamping: precision))
    }
    if let scale, !(scale >= 0) { throw RuntimeError(.invalidGraph, "scale must not be negative") }

    let inner = Scope(
      scope.graph, calledFrom: scope,
      opsets: try Opsets([OpsetImport(domain: Name(), version: 24), OpsetImport(domain: "apus", version: 1)]))
    inner.prefix = scope.prefix + call.name + Name("/")
    for (i, name) in (["Q", "K", "V"] as [Name]).enumerated() { inner.ids[name] = try scope.required(call.inputs[i]) }
    /// A node by its operator, inputs and output, with one attribute.
    func add(
      _ line: StaticString, _ attribute: StaticString = "", _ value: AttributeProto.Value = .none
    ) throws(RuntimeError) {
      try add(words(line), AttributeProto(Name(attribute), value))
    }
    func add(_ words: [Name], _ attributes: AttributeProto...) throws(RuntimeError) {
      var node = NodeProto()
      node.opType = words[0]
      node.domain = node.opType == "Widen" ? "apus" : Name()
      node.inputs = Array(words[1..<words.count - 1])
      node.outputs = [words[words.count - 1]]
      node.name = node.outputs[0]
      node.attributes = attributes.filter { !$0.name.isEmpty }
      try self.add(node, to: inner)
    }
    /// A value, its dims, and what it is called in this shape.
    func reshape(_ line: StaticString) throws(RuntimeError) {
      let words = words(line)
      let (value, output) = (words[0], words[words.count - 1])
      let shape = output + Name("Shape")
      try add([Name("Concat")] + words[1..<words.count - 1] + [shape], AttributeProto("axis", .int(0)))
      try add([Name("Reshape"), value, shape, output], AttributeProto("allowzero", .int(1)))
    }
    func modify(_ value: Name, _ modifier: Name, _ output: Name) throws(RuntimeError) {
      var id = try inner.required(value)
      if let (name, graph) = modifiers.first(where: { $0.name == modifier }) {
        id = try splice(graph, on: id, inner.prefix + name + Name("/"), in: scope)
      }
      try inner.define(output, as: id)
    }
    func dim(_ axis: Int64, _ line: StaticString) throws(RuntimeError) {
      try add(words(line), AttributeProto("start", .int(axis)), AttributeProto("end", .int(axis + 1)))
    }

    // Q as [batch, shared heads, heads of each, queries, size], K and V with a 1 in the middle.
    try dim(0, "Shape Q batch")
    try dim(1, "Shape Q heads")
    try dim(2, "Shape Q queries")
    try dim(3, "Shape Q size")
    try dim(1, "Shape K shared")
    try dim(2, "Shape K keys")
    try dim(3, "Shape V valueSize")
    try add("Div heads shared sharing")
    try reshape("Q batch shared sharing queries size q")
    try add("Constant two", "value_ints", .ints([2]))
    try add("Unsqueeze K two k")
    try add("Unsqueeze V two v")

    // Both sides are given the root of the scale, so that half types do not overflow.
    if let scale {
      try add("Constant scale", "value_float", .float(scale))
    } else {
      try add("Cast size real", "to", .int(11))
      try add("Sqrt real root")
      try add("Reciprocal root scale")
    }
    try add("Sqrt scale factor")
    try add("CastLike factor Q typed")
    try add("Mul q typed qScaled")
    try add("Mul k typed kScaled")
    try add("Transpose kScaled kTurned", "perm", .ints([0, 1, 2, 4, 3]))
    try add("MatMul qScaled kTurned products")
    if let precision {
      try add("Cast products wide", "to", .int(precision))
    } else {
      try add("Widen products wide")
    }
    try reshape("wide batch heads queries keys scores")
    try modify("scores", "score_mod", "scoresNow")
    try add("Softmax scoresNow weights", "axis", .int(3))
    try modify("weights", "prob_mod", "weightsNow")
    try add("CastLike weightsNow V narrow")
    try reshape("narrow batch shared sharing queries keys w")
    try add("MatMul w v sums")
    try reshape("sums batch heads queries valueSize Y")
    try scope.define(call.outputs[0], as: inner.ids["Y"]!)
  }

  /// Adds the nodes of a subgraph of one input and one output to the graph that it lies in; answers its output.
  private func splice(_ proto: GraphProto, on input: ValueID, _ prefix: Name, in scope: Scope) throws(RuntimeError)
    -> ValueID
  {
    let inner = Scope(splicedInto: scope, prefix: prefix)
    guard inner.depth < Importer.depthLimit else {
      throw RuntimeError(.invalidGraph, "subgraphs and functions may nest %d deep", Importer.depthLimit)
    }
    guard proto.inputs.count == 1, proto.outputs.count == 1 else {
      throw RuntimeError(
        .invalidGraph, "the subgraph must have 1 input and 1 output, got %d and %d", proto.inputs.count,
        proto.outputs.count)
    }
    for record in proto.initializers { try inner.define(record.name, constant: RecordConstant(record, loader)) }
    try inner.define(proto.inputs[0].name, as: input)
    for node in try inOrder(proto.nodes) { try add(node, to: inner) }
    return try inner.required(proto.outputs[0].name)
  }
}

/// The words of a line, which one space parts.
private func words(_ line: StaticString) -> [Name] {
  var words = [Name()]
  for byte in Name(line).bytes {
    if byte == 0x20 { words.append(Name()) } else { words[words.count - 1].bytes.append(byte) }
  }
  return words
}
