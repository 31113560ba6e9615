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
    guard let cast = matcher.producer(product, "Cast", isAlone: true),
      case .int(let type)? = cast.attributes["to"], type == Int64(ElementType.float32.rawValue),
      let matrices = matcher.producer(cast.inputs[0], "MatMulInteger", isAlone: true),
      let b = matcher.constant(matrices.inputs[1]), b.shape.rank == 2,
      let scales = matcher.producer(scale, "Mul"), scales.broadcastsFromTheRight
    else { return nil }
    for (left, right) in [(scales.inputs[0], scales.inputs[1]), (scales.inputs[1], scales.inputs[0])] {
      guard let quantised = matcher.producer(left, "DynamicQuantizeLinear", output: 1),
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
}
