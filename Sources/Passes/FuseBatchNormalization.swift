import GraphIR
import Tensors

/// A BatchNormalization behind a convolution becomes its scale and bias per channel.
///
/// The weights themselves are scaled when they are packed, so that they are never in memory twice.
enum FuseBatchNormalization {
  static let pass = Pass("fuse batch normalization") { graph, context throws(RuntimeError) in
    let matcher = Matcher(graph, allocator: context.allocator)
    var patch = Patch()
    for (index, node) in graph.nodes.enumerated() where node.opType == "BatchNormalization" && node.domain.isEmpty {
      guard let convolution = producingConvolution(of: node, matcher),
        let folded = try foldedScale(node, convolution, matcher, context.allocator)
      else { continue }
      var fused = convolution
      fused.domain = FusedOperators.domain
      fused.opset = 1
      let bias = graph.addValue(node.name + Name("/bias"), constant: LoadedConstant(folded.bias))
      let scale = graph.addValue(node.name + Name("/scale"), constant: LoadedConstant(folded.scale))
      fused.inputs = [convolution.inputs[0], convolution.inputs[1], bias, scale]
      fused.outputs = [node.outputs[0]]
      patch.replace(index, by: fused)
    }
    return patch
  }

  /// The plain convolution whose only reader the node is.
  private static func producingConvolution(of node: Node, _ matcher: Matcher) -> Node? {
    // Before opset 7 a node without `is_test` is in training.
    guard node.opset >= 7, node.inputs.count == 5, node.outputs.dropFirst().allSatisfy({ $0 < 0 }) else { return nil }
    if case .int(let value)? = node.attributes["training_mode"], value != 0 { return nil }
    guard let producer = matcher.producers[node.inputs[0]], matcher.useCounts[node.inputs[0]] == 1 else { return nil }
    let convolution = matcher.graph.nodes[producer]
    guard convolution.opType == "Conv", convolution.domain.isEmpty,
      matcher.constant(convolution.inputs[1])?.type == .float32
    else { return nil }
    return convolution
  }

  /// `scale = gamma / √(variance + epsilon)` and `bias = (bias - mean) · scale + beta`, both [M] in f32.
  private static func foldedScale(
    _ node: Node, _ convolution: Node, _ matcher: Matcher, _ allocator: Allocator
  ) throws(RuntimeError) -> (scale: Tensor, bias: Tensor)? {
    var parameters: [Tensor] = []
    var count: Int?
    for input in node.inputs[1...] {
      guard let constant = matcher.constant(input), constant.type == .float32, constant.shape.rank == 1,
        count ?? constant.shape.count == constant.shape.count
      else { return nil }
      count = constant.shape.count
      parameters.append(try constant.tensor(allocator))
    }
    guard let count, matcher.constant(convolution.inputs[1])?.shape.dims.first == count else { return nil }
    var ownBias: Tensor?
    if convolution.inputs.count > 2, convolution.inputs[2] >= 0 {
      guard let constant = matcher.constant(convolution.inputs[2]), constant.type == .float32,
        constant.shape.count == count
      else { return nil }
      ownBias = try constant.tensor(allocator)
    }
    let epsilon = Double(try node.attributes.float("epsilon") ?? 1e-5)
    let scale = try allocator.tensor(.float32, [count])
    let bias = try allocator.tensor(.float32, [count])
    let (gamma, beta, mean, variance) = (parameters[0], parameters[1], parameters[2], parameters[3])
    for i in 0..<count {
      let factor = Double(gamma.floats[i]) / (Double(variance.floats[i]) + epsilon).squareRoot()
      let shift = Double(ownBias?.floats[i] ?? 0) - Double(mean.floats[i])
      scale.floats[i] = Float(factor)
      bias.floats[i] = Float(shift * factor + Double(beta.floats[i]))
    }
    return (scale, bias)
  }
}
