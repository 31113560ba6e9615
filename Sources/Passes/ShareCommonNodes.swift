import GraphIR
import Operators
import Tensors

/// Nodes that compute the same from the same become one: exporters write the shape of a value out anew at each use.
enum ShareCommonNodes {
  static let pass = Pass("share common nodes") { graph, context in
    var patch = Patch()
    var seen: NameTable = [:]
    /// What each value is known as, so that a chain is shared in one walk.
    var known = knownConstants(graph, context.allocator)
    let isOutput = graph.outputMask()
    for (index, node) in graph.nodes.enumerated() {
      guard node.bodies.isEmpty, !isRandom(node),
        let key = node.key(inputs: node.inputs.map { $0 < 0 ? $0 : known[$0] })
      else { continue }
      guard let first = seen[key] else {
        seen[key] = index
        continue
      }
      // A graph's output keeps a node of its own, so that its name stays.
      guard !node.outputs.contains(where: { $0 >= 0 && isOutput[$0] }) else { continue }
      let twins = graph.nodes[first].outputs
      guard zip(node.outputs, twins).allSatisfy({ $0 < 0 || $1 >= 0 }) else { continue }
      for (output, twin) in zip(node.outputs, twins) where output >= 0 {
        known[output] = twin
        patch.substitute(output, by: twin)
      }
      patch.remove(index)
    }
    return patch
  }

  private static func isRandom(_ node: Node) -> Bool {
    (try? Registry.row(for: node).traits.contains(.random)) ?? true
  }

  /// Every value as itself, and small integer constants as the first one with the same elements: each Constant node of a
  /// file is one of its own.
  private static func knownConstants(_ graph: Graph, _ allocator: Allocator) -> [ValueID] {
    var known = [ValueID](0..<graph.values.count)
    var first: NameTable = [:]
    for (id, value) in graph.values.enumerated() {
      guard let constant = value.constant, constant.type == .int64, constant.shape.count <= 8,
        let tensor = try? constant.tensor(allocator)
      else { continue }
      var key = KeyWriter()
      for dim in constant.shape.dims { key.append(dim) }
      key.append(-1)
      for element in tensor.elements(Int64.self) { key.append(element) }
      let name = Name(key.bytes)
      if let twin = first[name] { known[id] = twin } else { first[name] = id }
    }
    return known
  }
}
