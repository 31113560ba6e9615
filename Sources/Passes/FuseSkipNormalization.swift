import GraphIR
import Tensors

/// The sum in front of a normalization, a residual connection, is made row by row as it is normalised; who else reads
/// the sum has it from there.
///
/// Shapes are not known yet here; the fused operator takes any that broadcast, and has a fast way for rows that fit.
enum FuseSkipNormalization {
  static let pass = Pass("fuse skip normalization") { graph, context in
    let matcher = Matcher(graph, allocator: context.allocator)
    var patch = Patch()
    var isTaken = [Bool](repeating: false, count: graph.nodes.count)
    for (index, node) in graph.nodes.enumerated() {
      guard let (sum, fused) = fused(node, matcher), !isTaken[sum] else { continue }
      isTaken[sum] = true
      // Where the sum was, since others may read it before the normalization comes.
      patch.replace(sum, by: fused)
      patch.remove(index)
    }
    return patch
  }

  /// The fused node, and the sum that it takes the place of.
  private static func fused(_ node: Node, _ matcher: Matcher) -> (sum: Int, Node)? {
    let isLayer = node.opType == "LayerNormalization"
    guard node.domain.isEmpty,
      isLayer || node.opType == "RMSNormalization" || node.opType == "SimplifiedLayerNormalization",
      node.outputs.dropFirst().allSatisfy({ $0 < 0 }), ((try? node.attributes.int("axis")) ?? -1) == -1,
      let sum = matcher.producer(node.inputs[0], "Add"), sum.broadcastsFromTheRight,
      let place = matcher.producers[node.inputs[0]]
    else { return nil }
    // A bias goes to the product in front of it, and convolutions take on sums themselves.
    for input in sum.inputs {
      guard input >= 0, matcher.constant(input) == nil, matcher.producer(input, "Conv") == nil else { return nil }
    }
    // Factors are there before the sum, are one row, and tell that all is float32 or of a half type.
    var inputs = sum.inputs
    for factor in node.inputs[1...] where factor >= 0 {
      guard let constant = matcher.constant(factor), constant.shape.rank == 1,
        constant.type == .float32 || constant.type == .float16 || constant.type == .bfloat16
      else { return nil }
      inputs.append(factor)
    }
    guard inputs.count > 2 else { return nil }
    var attributes = Attributes()
    attributes[Name("epsilon")] = .float((try? node.attributes.float("epsilon")) ?? 1e-5)
    let fused = Node(
      name: node.name, isLayer ? "SkipLayerNormalization" : "SkipSimplifiedLayerNormalization",
      domain: FusedOperators.domain, opset: 1, inputs: inputs,
      outputs: [node.outputs[0]] + (matcher.useCounts[sum.outputs[0]] > 1 ? [-1, -1, sum.outputs[0]] : []),
      attributes: attributes)
    return (place, fused)
  }
}
