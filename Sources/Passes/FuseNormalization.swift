import GraphIR
import Tensors

/// Layer and RMS normalization over the last axis, written out in means and roots, become one node each.
enum FuseNormalization {
  private static let x = Pattern.value("x")

  /// A mean over the last axis that keeps it; up to opset 17 the axes are an attribute.
  private static func mean(_ pattern: Pattern, axes: Name = "axes") -> [Pattern] {
    [
      .op("ReduceMean", pattern) { node in
        guard case .ints(let axes)? = node.attributes["axes"] else { return false }
        return axes == [-1] && keepsDims(node)
      },
      .op("ReduceMean", pattern, .constant(axes)) { keepsDims($0) },
    ]
  }

  @Sendable private static func keepsDims(_ node: Node) -> Bool {
    if case .int(let value)? = node.attributes["keepdims"] { value != 0 } else { true }
  }

  private static let layerPatterns: [Pattern] = mean(x).flatMap { meanOfX in
    let centred = x - meanOfX
    let squares = [Pattern.op("Pow", centred, .number(2)), centred * centred]
    return squares.flatMap { square in
      mean(square, axes: "axes of squares").map { variance in
        centred / .op("Sqrt", variance + .constant("epsilon")) * .constant("scale") + .constant("bias")
      }
    }
  }

  private static let rootPatterns: [Pattern] = [Pattern.op("Pow", x, .number(2)), x * x].flatMap { square in
    mean(square).flatMap { meanSquare in
      let root = Pattern.op("Sqrt", meanSquare + .constant("epsilon"))
      return [
        x * (Pattern.number(1) / root) * .constant("scale"),
        x * .op("Reciprocal", root) * .constant("scale"),
        x / root * .constant("scale"),
      ]
    }
  }

  static let pass = Pass("fuse normalization") { graph, context in
    let matcher = Matcher(graph, allocator: context.allocator)
    var patch = Patch()
    for index in graph.nodes.indices {
      let isAdd = graph.nodes[index].opType == "Add"
      guard isAdd || graph.nodes[index].opType == "Mul" else { continue }
      for pattern in isAdd ? layerPatterns : rootPatterns {
        guard let match = matcher.match(pattern, at: index),
          let node = fused(graph.nodes[index], match, matcher, isLayer: isAdd)
        else { continue }
        patch.replace(index, by: node)
        break
      }
    }
    return patch
  }

  private static func fused(_ root: Node, _ match: Match, _ matcher: Matcher, isLayer: Bool) -> Node? {
    guard let epsilon = matcher.scalar(match["epsilon"]) else { return nil }
    for axes in [match["axes"], match["axes of squares"]] where axes >= 0 && matcher.integers(axes) != [-1] {
      return nil
    }
    // Scale and bias must lie along the last axis, which is what the fused node normalises: one number would not.
    guard let scale = matcher.constant(match["scale"]), scale.shape.rank == 1, scale.shape.count > 1,
      scale.type == .float32
    else { return nil }
    var attributes = Attributes()
    attributes[Name("epsilon")] = .float(epsilon)
    attributes[Name("axis")] = .int(-1)
    guard isLayer else {
      return Node(
        name: root.name, "RMSNormalization", opset: 23, inputs: [match["x"], match["scale"]], outputs: root.outputs,
        attributes: attributes)
    }
    guard let bias = matcher.constant(match["bias"]), bias.shape == scale.shape, bias.type == scale.type else {
      return nil
    }
    return Node(
      name: root.name, "LayerNormalization", opset: 17, inputs: [match["x"], match["scale"], match["bias"]],
      outputs: root.outputs, attributes: attributes)
  }
}
