import GraphIR
import Tensors

/// A constant added to each column of a product becomes the bias of its fused form.
enum FuseBias {
  static let pass = Pass("fuse bias") { graph, context in
    let matcher = Matcher(graph, allocator: context.allocator)
    var patch = Patch()
    for (index, node) in graph.nodes.enumerated()
    where node.opType == "Add" && node.domain.isEmpty && node.broadcastsFromTheRight {
      for (product, bias) in [(0, 1), (1, 0)] {
        guard let fused = fused(node.inputs[product], bias: node.inputs[bias], matcher) else { continue }
        var replacement = fused
        replacement.outputs = node.outputs
        patch.replace(index, by: replacement)
        break
      }
    }
    return patch
  }

  private static func fused(_ product: ValueID, bias: ValueID, _ matcher: Matcher) -> Node? {
    guard product >= 0, let producer = matcher.producers[product], matcher.useCounts[product] == 1,
      let constant = matcher.constant(bias), constant.type == .float32, constant.shape.rank == 1
    else { return nil }
    let node = matcher.graph.nodes[producer]
    guard var fused = FusedForm.of(node, matcher), fused.attributes["activation"] == nil,
      let weight = matcher.constant(node.inputs[1]), weight.shape.rank == 2, weight.shape[1] == constant.shape[0]
    else { return nil }
    // Where the bias goes: behind the factors, and what belongs to them.
    let place: Int
    if node.opType == "MatMul" {
      place = 2
    } else if node.opType == "MatMulIntegerToFloat" {
      place = 6
    } else {
      return nil
    }
    guard fused.inputs.count <= place else { return nil }
    while fused.inputs.count < place { fused.inputs.append(-1) }
    fused.inputs.append(bias)
    return fused
  }
}
