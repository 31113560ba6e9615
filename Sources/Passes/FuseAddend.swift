import GraphIR
import Tensors

/// The sum of a convolution or product and a value of the same shape, a residual connection, is made where the sums are
/// stored.
///
/// Shapes are not known yet here; the fused operator takes an addend of any shape that broadcasts, and has a fast way
/// for the equal one.
enum FuseAddend {
  static let pass = Pass("fuse addend") { graph, context in
    let matcher = Matcher(graph, allocator: context.allocator)
    var patch = Patch()
    for (index, node) in graph.nodes.enumerated()
    where node.opType == "Add" && node.domain.isEmpty && node.broadcastsFromTheRight {
      for (product, addend) in [(1, 0), (0, 1)] {
        guard let fused = fused(node, node.inputs[product], addend: node.inputs[addend], matcher, at: index) else {
          continue
        }
        patch.replace(index, by: fused)
        break
      }
    }
    return patch
  }

  private static func fused(_ sum: Node, _ product: ValueID, addend: ValueID, _ matcher: Matcher, at index: Int)
    -> Node?
  {
    guard product >= 0, addend >= 0, product != addend, let producer = matcher.producers[product],
      matcher.useCounts[product] == 1, matcher.constant(addend) == nil
    else { return nil }
    let node = matcher.graph.nodes[producer]
    guard node.opType == "Conv", var fused = FusedForm.of(node, matcher), fused.attributes["activation"] == nil,
      fused.inputs.count < 5
    else { return nil }
    while fused.inputs.count < 4 { fused.inputs.append(-1) }
    fused.inputs.append(addend)
    fused.outputs = sum.outputs
    return fused
  }
}
