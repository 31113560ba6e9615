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
      guard node.bodies.isEmpty, !isRandom(node), let key = key(node, known) else { continue }
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

  /// Everything that a node's results depend on, as bytes; nil where an attribute is more than numbers and strings.
  private static func key(_ node: Node, _ known: [ValueID]) -> Name? {
    var key = KeyWriter()
    key.append(node.opType)
    key.append(node.domain)
    key.append(node.opset)
    key.append(node.outputs.count)
    key.append(node.inputs.count)
    for input in node.inputs { key.append(input < 0 ? input : known[input]) }
    for (name, value) in node.attributes.entries {
      key.append(name)
      switch value {
      case .int(let value): key.append(value)
      case .float(let value): key.append(Int64(value.bitPattern))
      case .string(let value): key.append(value)
      case .ints(let values):
        key.append(values.count)
        for value in values { key.append(value) }
      case .floats(let values):
        key.append(values.count)
        for value in values { key.append(Int64(value.bitPattern)) }
      default: return nil
      }
    }
    return Name(key.bytes)
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

/// Numbers and names one after the other, told apart by their lengths.
private struct KeyWriter {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ value: Int64) {
    var rest = UInt64(bitPattern: value)
    for _ in 0..<8 {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }

  mutating func append(_ value: Int) { append(Int64(value)) }

  mutating func append(_ name: Name) {
    append(name.bytes.count)
    bytes += name.bytes
  }
}
