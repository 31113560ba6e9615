import GraphIR
import Operators
import Tensors

/// A weight that is dequantised by the graph becomes a constant which is read as float32 while it is packed.
///
/// Only where products and convolutions alone read it: they pack it, for others the float32 tensor would have to lie in
/// memory.
enum FoldDequantize {
  static let pass = Pass("fold dequantize") { graph, context throws(RuntimeError) in
    var patch = Patch()
    var isPackedOnly = [Bool](repeating: true, count: graph.values.count)
    for node in graph.nodes {
      for (i, input) in node.reads.enumerated() where input >= 0 && !(i == 1 && packs(node)) {
        isPackedOnly[input] = false
      }
    }
    for output in graph.outputs where output >= 0 { isPackedOnly[output] = false }
    for (index, node) in graph.nodes.enumerated() where node.opType == "DequantizeLinear" {
      guard let output = node.outputs.first, output >= 0, isPackedOnly[output] else { continue }
      let constants = node.inputs.map { $0 >= 0 ? graph.values[$0].constant : nil }
      do throws(RuntimeError) {
        guard let folded = try DequantizedConstant(node, constants, allocator: context.allocator) else { continue }
        graph.values[output].constant = folded
        patch.remove(index)
      } catch {
        // The session binds the node as it is, and says there what is wrong with it.
        continue
      }
    }
    return patch
  }

  /// Whether the node packs its input 1 where that is constant.
  private static func packs(_ node: Node) -> Bool {
    node.opType == "Conv" || node.opType == "MatMul" || node.opType == "Gemm"
  }
}
