import GraphIR
import Tensors

/// x · (erf(x / √2) + 1) / 2, in the orders exporters write it, becomes Gelu, and so does what tanh makes of it:
/// x · (tanh(√(2 / π) · (x + 0.044715 x³)) + 1) / 2.
enum FuseGelu {
  private static let x = Pattern.value("x")
  private static let bells = [
    Pattern.op("Erf", x / 1.41421356) + 1,
    Pattern.op("Tanh", (x + Pattern.op("Pow", x, .number(3)) * 0.044715) * 0.7978845608) + 1,
    Pattern.op("Tanh", (x + ((x * x) * x) * 0.044715) * 0.7978845608) + 1,
    Pattern.op("Tanh", (x * 0.7978845608) * (((x * 0.044715) * x) + 1)) + 1,
  ]

  static let pass = Pass("fuse Gelu") { graph, context in
    let matcher = Matcher(graph, allocator: context.allocator)
    var patch = Patch()
    for index in graph.nodes.indices where graph.nodes[index].opType == "Mul" {
      if let gelu = gelu(index, matcher) { patch.replace(index, by: gelu) }
    }
    return patch
  }

  private static func gelu(_ index: Int, _ matcher: Matcher) -> Node? {
    for (i, bell) in bells.enumerated() {
      for order in 0..<3 {
        let pattern = order == 0 ? x * bell * 0.5 : order == 1 ? x * (bell * 0.5) : (x * 0.5) * bell
        guard let match = matcher.match(pattern, at: index) else { continue }
        let node = matcher.graph.nodes[index]
        var attributes = Attributes()
        if i > 0 { attributes[Name("approximate")] = .string(Name("tanh")) }
        return Node(
          name: node.name, "Gelu", opset: 20, inputs: [match["x"]], outputs: node.outputs, attributes: attributes)
      }
    }
    return nil
  }
}
