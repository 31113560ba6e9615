import GraphIR
import Tensors

/// Finds the row for a node and binds it.
extension Registry {
  /// For each name its last row, and for each row the one of its name before it, or -1; made once.
  private static let index: (last: NameTable, before: [Int]) = {
    var last: NameTable = [:]
    var before: [Int] = []
    for (i, row) in rows.enumerated() {
      let name = Name(row.name)
      before.append(last[name] ?? -1)
      last[name] = i
    }
    return (last, before)
  }()

  /// The row for a node, or an error that says whether the operator or only its version is missing.
  @export(interface) public static func row(for node: Node) throws(RuntimeError) -> Operator {
    var best: Operator?
    var isKnown = false
    var i = index.last[node.opType] ?? -1
    while i >= 0 {
      if node.domain == rows[i].domain {
        isKnown = true
        if rows[i].since <= node.opset, rows[i].since > best?.since ?? 0 { best = rows[i] }
      }
      i = index.before[i]
    }
    if let best { return best }
    let domain = node.domain.isEmpty ? Name("ai.onnx") : node.domain
    throw isKnown
      ? RuntimeError(
        .notImplemented, "operator %s of domain %s is not implemented at opset %d", names: [node.opType, domain],
        shapes: [], node.opset)
      : RuntimeError(
        .notImplemented, "operator %s of domain %s is not implemented", names: [node.opType, domain], shapes: [])
  }

  /// The node's operator, bound.
  @export(interface)
  public static func bind(_ site: Site) throws(RuntimeError) -> (row: Operator, kernel: BoundKernel, types: TypeRule) {
    let row = try row(for: site.node)
    try check(site.node, row)
    site.types = TypeRule(row)
    let kernel = try row.bound(to: site)
    return (row, kernel, site.types)
  }

  /// Throws where a node has fewer or more inputs than its operator takes; says nothing of unknown operators.
  @export(interface) public static func checkArity(of node: Node) throws(RuntimeError) {
    if let row = try? row(for: node) { try check(node, row) }
  }

  private static func check(_ node: Node, _ row: Operator) throws(RuntimeError) {
    let given = node.inputs.count
    guard
      row.arity.contains(given)
        || given > row.arity.upperBound && node.inputs[row.arity.upperBound...].allSatisfy({ $0 < 0 })
    else {
      throw RuntimeError(
        .invalidGraph, "the operator takes %d to %d inputs, got %d", row.arity.lowerBound, row.arity.upperBound, given)
    }
    for i in 0..<row.arity.lowerBound where node.inputs[i] < 0 {
      throw RuntimeError(.invalidGraph, "input %d is required", i)
    }
  }
}
