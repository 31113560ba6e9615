import GraphIR
import Tensors

/// Rotary embeddings written out, x · cos + (-x[half...], x[..<half]) · sin, become one node each.
enum FuseRotary {
  static let pass = Pass("fuse rotary") { graph, context in
    let matcher = Matcher(graph, allocator: context.allocator)
    var patch = Patch()
    for (index, node) in graph.nodes.enumerated() where node.opType == "Add" && node.domain.isEmpty {
      guard node.broadcastsFromTheRight, let fused = fused(node, matcher) else { continue }
      patch.replace(index, by: fused)
    }
    return patch
  }

  private static func fused(_ root: Node, _ matcher: Matcher) -> Node? {
    for (straight, turned) in [(root.inputs[0], root.inputs[1]), (root.inputs[1], root.inputs[0])] {
      guard let straight = matcher.producer(straight, "Mul", isAlone: true), straight.broadcastsFromTheRight,
        let turned = matcher.producer(turned, "Mul", isAlone: true), turned.broadcastsFromTheRight
      else { continue }
      for (half, sines) in [(turned.inputs[0], turned.inputs[1]), (turned.inputs[1], turned.inputs[0])] {
        guard let halves = matcher.producer(half, "Concat", isAlone: true), let turn = turn(halves, matcher),
          let place = straight.inputs.firstIndex(of: turn.x)
        else { continue }
        let cosines = straight.inputs[1 - place]
        guard isReal(cosines, matcher), isReal(sines, matcher) else { continue }
        var attributes = Attributes()
        attributes[Name("split")] = .int(Int64(turn.split))
        attributes[Name("axis")] = .int(Int64(turn.axis))
        return Node(
          name: root.name, "RotateHalf", domain: FusedOperators.domain, opset: 1, inputs: [turn.x, cosines, sines],
          outputs: root.outputs, attributes: attributes)
      }
    }
    return nil
  }

  private struct Turn {
    let x: ValueID
    /// 0 for the middle.
    let split: Int
    let axis: Int
  }

  /// What Concat(-x[split...], x[..<split]) along the last axis is made of.
  private static func turn(_ concat: Node, _ matcher: Matcher) -> Turn? {
    guard concat.inputs.count == 2, let concatAxis = try? concat.attributes.int("axis"),
      let negated = matcher.producer(concat.inputs[0], "Neg", isAlone: true)
    else { return nil }
    let (back, front) = (negated.inputs[0], concat.inputs[1])
    if let split = matcher.producer(front, "Split"), let other = matcher.producer(back, "Split", output: 1) {
      guard split.inputs[0] == other.inputs[0], split.outputs == other.outputs, split.outputs.count == 2 else {
        return nil
      }
      let axis = (try? split.attributes.int("axis")) ?? 0
      guard axis == concatAxis, axis == -1 || axis > 0 else { return nil }
      if split.inputs.count < 2 || split.inputs[1] < 0 {
        return split.attributes["split"] == nil ? Turn(x: split.inputs[0], split: 0, axis: axis) : nil
      }
      guard let sizes = matcher.integers(split.inputs[1]), sizes.count == 2, sizes[0] > 0 else { return nil }
      return Turn(x: split.inputs[0], split: sizes[0], axis: axis)
    }
    guard let frontSlice = matcher.producer(front, "Slice"), let backSlice = matcher.producer(back, "Slice"),
      frontSlice.inputs[0] == backSlice.inputs[0], let first = range(frontSlice, matcher),
      let second = range(backSlice, matcher), first.start == 0, first.end == second.start, first.end > 0,
      second.end >= Int(Int32.max), first.axis == second.axis, concatAxis == -1 || concatAxis == first.axis,
      first.axis == -1 || first.axis > 0
    else { return nil }
    return Turn(x: frontSlice.inputs[0], split: first.end, axis: first.axis)
  }

  /// The bounds of a slice along one axis, in steps of one.
  private static func range(_ node: Node, _ matcher: Matcher) -> (start: Int, end: Int, axis: Int)? {
    guard node.inputs.count >= 4, let starts = matcher.integers(node.inputs[1]), starts.count == 1,
      let ends = matcher.integers(node.inputs[2]), ends.count == 1,
      let axes = matcher.integers(node.inputs[3]), axes.count == 1,
      node.inputs.count < 5 || matcher.integers(node.inputs[4]) == [1]
    else { return nil }
    return (starts[0], ends[0], axes[0])
  }

  private static let movers: [Name] = ["Unsqueeze", "Gather", "Mul", "Slice", "Squeeze", "Reshape", "Transpose"]

  /// Whether a value is surely of floats: a cosine or sine, moved about and multiplied at most.
  private static func isReal(_ id: ValueID, _ matcher: Matcher) -> Bool {
    var id = id
    for _ in 0..<8 {
      if let type = matcher.constant(id)?.type { return type == .float32 || type == .float64 || type == .float16 }
      guard id >= 0, let index = matcher.producers[id] else { return false }
      let node = matcher.graph.nodes[index]
      guard node.domain.isEmpty else { return false }
      if node.opType == "Cos" || node.opType == "Sin" { return true }
      guard movers.contains(node.opType) else { return false }
      id = node.inputs[0]
    }
    return false
  }
}
