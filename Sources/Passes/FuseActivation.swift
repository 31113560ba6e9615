import GraphIR
import Tensors

/// An activation behind a convolution or product is computed where the sums are stored.
enum FuseActivation {
  static let pass = Pass("fuse activation") { graph, context throws(RuntimeError) in
    let matcher = Matcher(graph, allocator: context.allocator)
    var patch = Patch()
    /// Nodes that this walk replaces already.
    var isTaken = [Bool](repeating: false, count: graph.nodes.count)
    for (index, node) in graph.nodes.enumerated() {
      guard node.domain.isEmpty, node.outputs.count == 1, let input = node.inputs.first, input >= 0,
        let producer = matcher.producers[input], matcher.useCounts[input] == 1, !isTaken[producer],
        let numbers = try parameters(of: node, matcher),
        var fused = FusedForm.of(graph.nodes[producer], matcher), fused.attributes["activation"] == nil
      else { continue }
      fused.attributes[Name("activation")] = .string(node.opType)
      fused.attributes[Name("activation_params")] = .floats(numbers)
      fused.outputs = [node.outputs[0]]
      patch.replace(index, by: fused)
      isTaken[index] = true
    }
    return patch
  }

  /// The numbers of an activation that the kernels know; nil for every other node.
  @inline(never)
  static func parameters(of node: Node, _ matcher: Matcher) throws(RuntimeError) -> [Float]? {
    let op = node.opType
    if op == "Relu" || op == "Sigmoid" || op == "Tanh" || op == "HardSwish"
      || op == "Swish" && node.attributes["alpha"] == nil
    {
      return []
    }
    if op == "Gelu" {
      let form = try node.attributes.string("approximate")
      return form == nil || form! == "none" ? [] : nil
    }
    if op == "LeakyRelu" { return [try node.attributes.float("alpha") ?? 0.01] }
    if op == "HardSigmoid" {
      return [try node.attributes.float("alpha") ?? 0.2, try node.attributes.float("beta") ?? 0.5]
    }
    guard op == "Clip" else { return nil }
    if node.opset < 11 {
      return [try node.attributes.float("min") ?? -.infinity, try node.attributes.float("max") ?? .infinity]
    }
    var bounds: [Float] = [-.infinity, .infinity]
    for i in 0..<2 where i + 1 < node.inputs.count && node.inputs[i + 1] >= 0 {
      guard let bound = matcher.scalar(node.inputs[i + 1]) else { return nil }
      bounds[i] = bound
    }
    return bounds
  }
}

/// The form of a convolution or product that can take more work on.
enum FusedForm {
  /// The node in our own domain, where it may be fused; nil for every other node.
  ///
  /// Only float32 has fused kernels, which a float32 weight tells, or that we wrote the node.
  static func of(_ node: Node, _ matcher: Matcher) -> Node? {
    guard node.domain.isEmpty || node.domain == FusedOperators.domain, node.inputs.count > 1,
      node.outputs.dropFirst().allSatisfy({ $0 < 0 })
    else { return nil }
    let isScaled = node.opType == "MatMulIntegerToFloat" && node.domain == FusedOperators.domain
    guard
      isScaled
        || (node.opType == "Conv" || node.opType == "Gemm" || node.opType == "MatMul")
          && matcher.constant(node.inputs[1])?.type == .float32
    else { return nil }
    var fused = node
    fused.domain = FusedOperators.domain
    fused.opset = 1
    return fused
  }
}
