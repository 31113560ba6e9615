import GraphIR
import Tensors

/// A product of bytes that are dequantised just before it becomes a product of the bytes themselves, scaled once:
/// MatMul(DequantizeLinear(a), DequantizeLinear(b)), as static quantization writes it.
///
/// It is fused where both zero points are constant, which tells that these are bytes, where a has one constant scale and
/// b, a constant matrix, has one or one a column.
enum FuseDequantizedProduct {
  static let pass = Pass("fuse dequantized product") { graph, context in
    let matcher = Matcher(graph, allocator: context.allocator)
    var patch = Patch()
    for (index, node) in graph.nodes.enumerated() where node.opType == "MatMul" && node.domain.isEmpty {
      guard let a = matcher.producer(node.inputs[0], "DequantizeLinear"),
        let b = matcher.producer(node.inputs[1], "DequantizeLinear"), areBytes(a, columns: 1, matcher),
        let matrix = matcher.constant(b.inputs[0]), matrix.shape.rank == 2,
        areBytes(b, columns: matrix.shape[1], matcher)
      else { continue }
      patch.replace(
        index,
        by: Node(
          name: node.name, "MatMulIntegerToFloat", domain: FusedOperators.domain, opset: 1,
          inputs: [a.inputs[0], b.inputs[0], a.inputs[1], b.inputs[1], a.inputs[2], b.inputs[2]], outputs: node.outputs)
      )
    }
    return patch
  }

  /// Whether a node dequantises bytes to float32, with one scale and zero point or, along the last of two axes, one for
  /// each of `columns`.
  private static func areBytes(_ node: Node, columns: Int, _ matcher: Matcher) -> Bool {
    guard node.inputs.count == 3, let scale = matcher.constant(node.inputs[1]), scale.type == .float32,
      let zero = matcher.constant(node.inputs[2]), zero.type == .uint8 || zero.type == .int8,
      scale.shape == zero.shape, node.attributes["block_size"] == nil, node.attributes["output_dtype"] == nil
    else { return false }
    if scale.shape.rank == 0 { return true }
    let axis = (try? node.attributes.int("axis")) ?? 1
    return columns > 1 && scale.shape.dims == [columns] && (axis == 1 || axis == -1)
  }
}
