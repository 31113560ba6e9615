import GraphIR
import Tensors

/// x · sigmoid(x) becomes Swish.
enum FuseSwish {
  private static let pattern = Pattern.value("x") * .op("Sigmoid", .value("x"))

  static let pass = Pass("fuse Swish") { graph, context in
    let matcher = Matcher(graph, allocator: context.allocator)
    var patch = Patch()
    for index in graph.nodes.indices where graph.nodes[index].opType == "Mul" {
      guard let match = matcher.match(pattern, at: index) else { continue }
      let node = graph.nodes[index]
      patch.replace(index, by: Node(name: node.name, "Swish", opset: 24, inputs: [match["x"]], outputs: node.outputs))
    }
    return patch
  }
}
