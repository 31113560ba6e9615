import GraphIR
import Tensors

/// x · (erf(x / √2) + 1) / 2, in the orders exporters write it, becomes Gelu.
enum FuseGelu {
  private static let x = Pattern.value("x")
  private static let bell = Pattern.op("Erf", x / 1.41421356) + 1

  private static let patterns = [
    x * bell * 0.5,
    x * (bell * 0.5),
    (x * 0.5) * bell,
  ]

  static let pass = Pass("fuse Gelu") { graph, context in
    let matcher = Matcher(graph, allocator: context.allocator)
    var patch = Patch()
    for index in graph.nodes.indices where graph.nodes[index].opType == "Mul" {
      for pattern in patterns {
        guard let match = matcher.match(pattern, at: index) else { continue }
        let node = graph.nodes[index]
        patch.replace(
          index, by: Node(name: node.name, "Gelu", opset: 20, inputs: [match["x"]], outputs: node.outputs))
        break
      }
    }
    return patch
  }
}
