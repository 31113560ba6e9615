import Tensors

/// What a pass wants changed: nodes put in the place of one, and values that stand for others from now on.
///
/// A pass never changes the graph under its own feet. Nodes whose results nobody reads any more are not listed: they go
/// by themselves.
public struct Patch {
  /// Nodes that take the place of the node at an index; none removes it.
  public var replacements: [(node: Int, by: [Node])] = []
  /// Readers of `from` read `to` instead.
  public var substitutions: [(from: ValueID, to: ValueID)] = []

  public init() {}

  public var isEmpty: Bool { replacements.isEmpty && substitutions.isEmpty }

  public mutating func replace(_ node: Int, by nodes: Node...) { replacements.append((node, nodes)) }
  public mutating func remove(_ node: Int) { replacements.append((node, [])) }
  public mutating func substitute(_ from: ValueID, by to: ValueID) { substitutions.append((from, to)) }
}

extension Graph {
  public func apply(_ patch: Patch) {
    if patch.isEmpty { return }
    var replaced = [Int](repeating: -1, count: nodes.count)
    for (i, replacement) in patch.replacements.enumerated() { replaced[replacement.node] = i }
    var kept: [Node] = []
    kept.reserveCapacity(nodes.count)
    for (index, node) in nodes.enumerated() {
      if replaced[index] >= 0 { kept += patch.replacements[replaced[index]].by } else { kept.append(node) }
    }
    nodes = kept
    if !patch.substitutions.isEmpty { substitute(patch.substitutions) }
    removeUnread()
  }

  private func substitute(_ substitutions: [(from: ValueID, to: ValueID)]) {
    var target = [ValueID](0..<values.count)
    for (from, to) in substitutions { target[from] = to }
    func final(_ id: ValueID) -> ValueID {
      var id = id
      while id >= 0, target[id] != id { id = target[id] }
      return id
    }
    for i in nodes.indices {
      let inputs = nodes[i].inputs.map { final($0) }
      if inputs != nodes[i].inputs { nodes[i].inputs = inputs }
      for j in nodes[i].bodies.indices {
        nodes[i].bodies[j].captures = nodes[i].bodies[j].captures.map { final($0) }
      }
    }
    outputs = outputs.map { final($0) }
  }

  /// Drops every node whose results nobody reads.
  public func removeUnread() {
    var isRead = [Bool](repeating: false, count: values.count)
    for output in outputs where output >= 0 { isRead[output] = true }
    var kept: [Node] = []
    kept.reserveCapacity(nodes.count)
    for node in nodes.reversed() {
      guard node.outputs.contains(where: { $0 >= 0 && isRead[$0] }) else { continue }
      for read in node.reads where read >= 0 { isRead[read] = true }
      kept.append(node)
    }
    nodes = kept.reversed()
  }
}
