import GraphIR
import Operators
import Tensors

/// Nodes that compute the same from the same become one: exporters write the shape of a value out anew at each use.
enum ShareCommonNodes {
  static let pass = Pass("share common nodes") { graph, context in
    var patch = Patch()
    var seen: [Key: Int] = [:]
    /// What each value is known as, so that a chain is shared in one walk.
    var canonical = [ValueID](0..<graph.values.count)
    let outputs = Set(graph.outputs)
    let constants = smallConstants(graph, context.allocator)
    for (index, node) in graph.nodes.enumerated() {
      guard node.bodies.isEmpty, let attributes = key(node.attributes), !isRandom(node) else { continue }
      let inputs = node.inputs.map { $0 < 0 ? $0 : constants[$0] ?? canonical[$0] }
      let key = Key(
        opType: node.opType, domain: node.domain, opset: node.opset, inputs: inputs, outputCount: node.outputs.count,
        attributes: attributes)
      guard let first = seen[key] else {
        seen[key] = index
        continue
      }
      // A graph's output keeps a node of its own, so that its name stays.
      guard !node.outputs.contains(where: { outputs.contains($0) }) else { continue }
      let twins = graph.nodes[first].outputs
      guard zip(node.outputs, twins).allSatisfy({ $0 < 0 || $1 >= 0 }) else { continue }
      for (output, twin) in zip(node.outputs, twins) where output >= 0 {
        canonical[output] = twin
        patch.substitute(output, by: twin)
      }
      patch.remove(index)
    }
    return patch
  }

  private struct Key: Hashable {
    let opType: Name
    let domain: Name
    let opset: Int
    let inputs: [ValueID]
    let outputCount: Int
    /// The attributes as bytes, in the order of the file.
    let attributes: [UInt8]
  }

  private static func isRandom(_ node: Node) -> Bool {
    (try? Registry.row(for: node).traits.contains(.random)) ?? true
  }

  /// Attributes of numbers and strings as bytes; nil where there are others, whose nodes are left alone.
  private static func key(_ attributes: Attributes) -> [UInt8]? {
    var bytes: [UInt8] = []
    func append(_ value: UInt64) { for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value >> (shift * 8))) } }
    func append(_ name: Name) {
      append(UInt64(name.bytes.count))
      bytes += name.bytes
    }
    for (name, value) in attributes.entries {
      append(name)
      switch value {
      case .int(let value): append(UInt64(bitPattern: value))
      case .float(let value): append(UInt64(value.bitPattern))
      case .string(let value): append(value)
      case .ints(let values):
        append(UInt64(values.count))
        for value in values { append(UInt64(bitPattern: value)) }
      case .floats(let values):
        append(UInt64(values.count))
        for value in values { append(UInt64(value.bitPattern)) }
      default: return nil
      }
    }
    return bytes
  }

  /// For small integer constants the first one with the same elements: each Constant node of a file is one of its own.
  private static func smallConstants(_ graph: Graph, _ allocator: Allocator) -> [ValueID: ValueID] {
    var first: [[Int64]: ValueID] = [:]
    var result: [ValueID: ValueID] = [:]
    for (id, value) in graph.values.enumerated() {
      guard let constant = value.constant, constant.type == .int64, constant.shape.count <= 8,
        let tensor = try? constant.tensor(allocator)
      else { continue }
      let key = constant.shape.dims.map { Int64($0) } + [-1] + tensor.elements(Int64.self)
      result[id] = first[key] ?? id
      if first[key] == nil { first[key] = id }
    }
    return result
  }
}
