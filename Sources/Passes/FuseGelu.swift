import GraphIR
import Tensors

/// x · (erf(x / √2) + 1) / 2, in the orders exporters write it, becomes Gelu, and so does what tanh makes of it:
/// x · (tanh(√(2 / π) · (x + 0.044715 x³)) + 1) / 2.
enum FuseGelu {
  private static let x = Pattern.value("x")
  private static let tanh = Pattern.op(
    "Tanh", (x + Pattern.op("Pow", x, .number(3)) * 0.044715) * 0.7978845608)
  private static let patterns = forms(.op("Erf", x / 1.41421356)) + forms(tanh)

  @inline(never)
  private static func forms(_ curve: Pattern) -> [Pattern] {
    let bell = curve + 1
    return [x * bell * 0.5, x * (bell * 0.5), (x * 0.5) * bell]
  }

  static let pass = Pass("fuse Gelu") { graph, context in
    let matcher = Matcher(graph, allocator: context.allocator)
    var patch = Patch()
    for index in graph.nodes.indices where graph.nodes[index].opType == "Mul" {
      for (form, pattern) in patterns.enumerated() {
        guard let match = matcher.match(pattern, at: index) else { continue }
        let node = graph.nodes[index]
        var gelu = Node(name: node.name, "Gelu", opset: 20, inputs: [match["x"]], outputs: node.outputs)
        if form >= 3 { gelu.attributes[Name("approximate")] = .string(Name("tanh")) }
        patch.replace(index, by: gelu)
        break
      }
    }
    return patch
  }
}
