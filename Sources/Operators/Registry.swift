import GraphIR
import Tensors

/// THE TABLE: every operator, a row from each opset version on in which it changed.
///
/// The largest `since` not above the model's opset wins.
public enum Registry {
  nonisolated(unsafe) public static let rows: [Operator] = [
    // ControlFlow
    Operator("If", since: 1, 1...1, controlFlow: If.self),
    Operator("Loop", since: 1, 0...Int.max, controlFlow: Loop.self),
    Operator("Scan", since: 8, 1...Int.max, controlFlow: Scan.self),

    // Layout
    Operator("Reshape", since: 1, 1...2, Reshape.self, memory: .view),
  ]

  /// The rows of each name, made once.
  private static let index: [Name: [Int]] = {
    var index: [Name: [Int]] = [:]
    for (i, row) in rows.enumerated() { index[Name(row.name), default: []].append(i) }
    return index
  }()

  /// The row for a node, or an error that says whether the operator or only its version is missing.
  public static func row(for node: Node) throws(RuntimeError) -> Operator {
    var best: Operator?
    var isKnown = false
    for i in index[node.opType] ?? [] where node.domain == rows[i].domain {
      isKnown = true
      if rows[i].since <= node.opset, rows[i].since > best?.since ?? 0 { best = rows[i] }
    }
    if let best { return best }
    let domain = node.domain.isEmpty ? Name("ai.onnx") : node.domain
    throw isKnown
      ? RuntimeError(
        .notImplemented, "operator %s of domain %s is not implemented at opset %d", names: [node.opType, domain],
        shapes: [], node.opset)
      : RuntimeError(.notImplemented, "operator %s of domain %s is not implemented", names: [node.opType, domain], shapes: [])
  }

  /// The node's operator, bound.
  public static func bind(_ site: Site) throws(RuntimeError) -> (row: Operator, kernel: BoundKernel) {
    let row = try row(for: site.node)
    let given = site.node.inputs.count
    guard row.arity.contains(given) || given > row.arity.upperBound && site.node.inputs[row.arity.upperBound...].allSatisfy({ $0 < 0 })
    else {
      throw RuntimeError(
        .invalidGraph, "the operator takes %d to %d inputs, got %d", row.arity.lowerBound, row.arity.upperBound, given)
    }
    for i in 0..<row.arity.lowerBound where !site.has(input: i) {
      throw RuntimeError(.invalidGraph, "input %d is required", i)
    }
    return (row, try row.bind(site))
  }
}
