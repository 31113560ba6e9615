import GraphIR
import Tensors

/// A product of bytes that is cast to float32 and scaled, as dynamic quantization writes it, becomes one node:
/// Cast(MatMulInteger(a, b)) · (scale of a · scale of b).
///
/// It is fused where all scales are known to be numbers, or one a column: a of DynamicQuantizeLinear, b constant.
enum FuseScaledProduct {
  static let pass = Pass("fuse scaled product") { graph, context in
    let matcher = Matcher(graph, allocator: context.allocator)
    var patch = Patch()
    for (index, node) in graph.nodes.enumerated()
    where node.opType == "Mul" && node.domain.isEmpty && node.broadcastsFromTheRight {
      for (product, scale) in [(0, 1), (1, 0)] {
        guard let fused = fused(node, product: node.inputs[product], scale: node.inputs[scale], matcher) else {
          continue
        }
        patch.replace(index, by: fused)
        break
      }
    }
    return patch
  }

  private static func fused(_ root: Node, product: ValueID, scale: ValueID, _ matcher: Matcher) -> Node? {
    guard let cast = producer(product, "Cast", matcher, isAlone: true),
      case .int(let type)? = cast.attributes["to"], type == Int64(ElementType.float32.rawValue),
      let matrices = producer(cast.inputs[0], "MatMulInteger", matcher, isAlone: true),
      let b = matcher.constant(matrices.inputs[1]), b.shape.rank == 2,
      let scales = producer(scale, "Mul", matcher), scales.broadcastsFromTheRight
    else { return nil }
    for (left, right) in [(scales.inputs[0], scales.inputs[1]), (scales.inputs[1], scales.inputs[0])] {
      guard let quantised = producer(left, "DynamicQuantizeLinear", matcher, output: 1),
        quantised.outputs[0] == matrices.inputs[0],
        let ofB = matcher.constant(right), ofB.type == .float32, ofB.shape.rank <= 1,
        ofB.shape.count == 1 || ofB.shape.count == b.shape[1]
      else { continue }
      let zeros = matrices.inputs[2...]
      return Node(
        name: root.name, "MatMulIntegerToFloat", domain: FusedOperators.domain, opset: 1,
        inputs: [matrices.inputs[0], matrices.inputs[1], left, right] + zeros, outputs: root.outputs)
    }
    return nil
  }

  /// The node of type `op` whose output `output` a value is; nil where another makes it, or where it is to be read
  /// alone and is not.
  private static func producer(
    _ id: ValueID, _ op: Name, _ matcher: Matcher, output: Int = 0, isAlone: Bool = false
  ) -> Node? {
    guard id >= 0, !isAlone || matcher.useCounts[id] == 1, let index = matcher.producers[id] else { return nil }
    let node = matcher.graph.nodes[index]
    return node.domain.isEmpty && node.opType == op && output < node.outputs.count && node.outputs[output] == id
      ? node : nil
  }
}
