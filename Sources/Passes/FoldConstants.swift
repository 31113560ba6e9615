import GraphIR
import Kernels
import Operators
import Tensors

/// Computes what depends on constants alone, with the operators' own kernels.
///
/// Big results stay nodes where their inputs are smaller: a constant costs memory for as long as the session lives.
enum FoldConstants {
  /// Bytes up to which a result may be larger than the inputs it is made of.
  static let growthLimit = 1 << 16

  static let pass = Pass("fold constants") { graph, context throws(RuntimeError) in
    var patch = Patch()
    var isConstant = graph.values.map { $0.constant != nil }
    for (index, node) in graph.nodes.enumerated() {
      guard !node.inputs.isEmpty, node.bodies.isEmpty, node.inputs.allSatisfy({ $0 < 0 || isConstant[$0] }) else {
        continue
      }
      if let wide = widened(node, graph, context) {
        graph.values[node.outputs[0]].constant = wide
        isConstant[node.outputs[0]] = true
        patch.remove(index)
        continue
      }
      guard let results = try folded(node, graph, context) else { continue }
      for (output, tensor) in zip(node.outputs, results) where output >= 0 {
        graph.values[output].constant = LoadedConstant(tensor)
        isConstant[output] = true
      }
      patch.remove(index)
    }
    return patch
  }

  /// Weights of a half type that are cast to float32 are read as such, of any size: what packs them needs no copy.
  private static func widened(_ node: Node, _ graph: Graph, _ context: PassContext) -> Constant? {
    guard node.opType == "Cast", node.domain.isEmpty, node.inputs.count == 1, node.outputs.count == 1,
      node.outputs[0] >= 0, case .int(let to)? = node.attributes["to"], to == Int64(ElementType.float32.rawValue),
      node.inputs[0] >= 0, let constant = graph.values[node.inputs[0]].constant,
      constant.type == .float16 || constant.type == .bfloat16
    else { return nil }
    return WidenedConstant(constant, allocator: context.allocator)
  }

  /// The results of a node; nil where it is left to the session, which also says what may be wrong with it.
  private static func folded(
    _ node: Node, _ graph: Graph, _ context: PassContext
  ) throws(RuntimeError) -> [Tensor]? {
    let constants = node.inputs.map { $0 >= 0 ? graph.values[$0].constant : nil }
    let givenByteCount = constants.reduce(0) { $0 + ($1?.byteCount ?? 0) }
    let site = Site(
      node, constants: constants, platform: .serial, allocator: context.allocator, offersWeights: false)
    do throws(RuntimeError) {
      let evaluation = Evaluation(try Registry.bind(site), of: node)
      if evaluation.row.traits.contains(.random) || evaluation.kernel.start != nil { return nil }
      // The shape first: weights are not loaded for what is not folded.
      let limit = max(givenByteCount, growthLimit)
      var facts: [Fact?] = []
      for constant in constants {
        guard let constant else {
          facts.append(nil)
          continue
        }
        var fact = Fact(constant.type, constant.shape.dims)
        if constant.byteCount <= growthLimit { fact.value = try constant.tensor(context.allocator) }
        facts.append(fact)
      }
      let outputs = try evaluation.infer(Facts(facts))
      var byteCount = 0
      for output in outputs {
        guard output.isShaped else { return nil }
        byteCount = byteCount &+ output.type.byteCount(output.count)
        if byteCount > limit || byteCount < 0 { return nil }
      }
      for (i, constant) in constants.enumerated() where facts[i]?.value == nil {
        facts[i]?.value = try constant?.tensor(context.allocator)
      }
      return try evaluation.fold(outputs, inputs: facts, platform: .serial, allocator: context.allocator)
    } catch {
      return nil
    }
  }
}
