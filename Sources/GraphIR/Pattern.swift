import Tensors

/// A shape of computation to look for, written as the arithmetic it is: `x * (erf(x / 1.414) + 1) * 0.5`.
///
/// Add and Mul match in either order. Only nodes of ai.onnx match.
public indirect enum Pattern: Sendable {
  /// Any value; the same name stands for the same value throughout.
  case value(Name)
  /// Any constant.
  case constant(Name)
  /// A constant of one element, within a relative 1e-4 of this.
  case number(Float)
  /// A node's first output.
  case node(Name, [Pattern], (@Sendable (Node) -> Bool)?)

  /// A node of type `op` whose first inputs match `inputs` and that has no others, if `holds` says so.
  @inline(never)
  public static func op(
    _ op: Name, _ inputs: Pattern..., holds: (@Sendable (Node) -> Bool)? = nil
  ) -> Pattern { .node(op, inputs, holds) }

  @inline(never) public static func + (a: Pattern, b: Pattern) -> Pattern { .op("Add", a, b) }
  @inline(never) public static func - (a: Pattern, b: Pattern) -> Pattern { .op("Sub", a, b) }
  @inline(never) public static func * (a: Pattern, b: Pattern) -> Pattern { .op("Mul", a, b) }
  @inline(never) public static func / (a: Pattern, b: Pattern) -> Pattern { .op("Div", a, b) }
  @inline(never) public static func + (a: Pattern, b: Float) -> Pattern { a + .number(b) }
  @inline(never) public static func * (a: Pattern, b: Float) -> Pattern { a * .number(b) }
  @inline(never) public static func / (a: Pattern, b: Float) -> Pattern { a / .number(b) }
}

/// What a pattern's names stood for.
public struct Match {
  public fileprivate(set) var values: [(name: Name, id: ValueID)] = []
  /// Every node of the match, the last first.
  public fileprivate(set) var nodes: [Int] = []
  /// How often the match itself reads each inner value.
  fileprivate var reads: [(id: ValueID, count: Int)] = []

  public subscript(name: StaticString) -> ValueID {
    values.first { $0.name == name }?.id ?? -1
  }

  fileprivate mutating func read(_ id: ValueID) {
    if let i = reads.firstIndex(where: { $0.id == id }) { reads[i].count += 1 } else { reads.append((id, 1)) }
  }
}

/// A graph with the indices that matching needs, made once for a pass.
public struct Matcher {
  public let graph: Graph
  /// The node that makes each value.
  public let producers: [Int?]
  /// How many reads each value has, outputs of the graph among them.
  public let useCounts: [Int]
  /// The last node that reads each value, or -1.
  private let lastReaders: [Int]
  public let allocator: Allocator

  public init(_ graph: Graph, allocator: Allocator) {
    self.graph = graph
    self.allocator = allocator
    producers = graph.producers()
    useCounts = graph.useCounts()
    lastReaders = graph.lastReaders()
  }

  /// The match that ends in node `index`; nil where there is none, or where a value inside it is read elsewhere too.
  public func match(_ pattern: Pattern, at index: Int) -> Match? {
    var match = Match()
    guard graph.nodes[index].outputs.count == 1 else { return nil }
    guard self.match(pattern, node: index, &match) else { return nil }
    let root = graph.nodes[index].outputs[0]
    for (id, count) in match.reads where id != root && useCounts[id] != count { return nil }
    return match
  }

  private func match(_ pattern: Pattern, _ id: ValueID, _ match: inout Match) -> Bool {
    guard id >= 0 else { return false }
    switch pattern {
    case .value(let name):
      if let known = match.values.first(where: { $0.name == name }) { return known.id == id }
      match.values.append((name, id))
      return true
    case .constant(let name):
      guard graph.values[id].constant != nil else { return false }
      return self.match(.value(name), id, &match)
    case .number(let number):
      guard let value = scalar(id) else { return false }
      return abs(value - number) <= 1e-4 * abs(number)
    case .node:
      guard let producer = producers[id], graph.nodes[producer].outputs[0] == id else { return false }
      return self.match(pattern, node: producer, &match)
    }
  }

  private func match(_ pattern: Pattern, node index: Int, _ match: inout Match) -> Bool {
    guard case .node(let op, let inputs, let holds) = pattern else { return false }
    let node = graph.nodes[index]
    guard node.domain.isEmpty, node.opType == op, node.inputs.count >= inputs.count, node.broadcastsFromTheRight,
      node.inputs[inputs.count...].allSatisfy({ $0 < 0 }), holds?(node) ?? true
    else { return false }
    let saved = match
    let isNew = !match.nodes.contains(index)
    if isNew { match.nodes.append(index) }
    if matchInputs(inputs, node.inputs, isNew, &match) { return true }
    guard inputs.count == 2, op == "Add" || op == "Mul" else {
      match = saved
      return false
    }
    match = saved
    if isNew { match.nodes.append(index) }
    if matchInputs(inputs, [node.inputs[1], node.inputs[0]], isNew, &match) { return true }
    match = saved
    return false
  }

  private func matchInputs(_ patterns: [Pattern], _ ids: [ValueID], _ isNew: Bool, _ match: inout Match) -> Bool {
    for (pattern, id) in zip(patterns, ids) {
      guard self.match(pattern, id, &match) else { return false }
      if isNew, case .node = pattern { match.read(id) }
    }
    return true
  }

  /// The node of ai.onnx and type `op` whose output `output` a value is; nil where another makes it, or where it is to be
  /// read alone and is not.
  @inline(never)
  public func producer(_ id: ValueID, _ op: StaticString, output: Int = 0, isAlone: Bool = false) -> Node? {
    guard id >= 0, !isAlone || useCounts[id] == 1, let index = producers[id] else { return nil }
    let node = graph.nodes[index]
    return node.domain.isEmpty && node.opType == op && output < node.outputs.count && node.outputs[output] == id
      ? node : nil
  }

  /// The one node that reads a value; nil where there are more, or where the value is an output.
  public func reader(_ id: ValueID) -> Node? {
    useCounts[id] == 1 && lastReaders[id] >= 0 ? graph.nodes[lastReaders[id]] : nil
  }

  /// The axes of a node that has them as an attribute or, later, as a constant.
  public func axes(of node: Node) -> [Int]? {
    if case .ints(let axes)? = node.attributes["axes"] { return axes.map { Int($0) } }
    return node.inputs.count > 1 ? integers(node.inputs[1]) : nil
  }

  /// The one element of a float constant; nil where the value is not that, or where its rank could raise another's.
  public func scalar(_ id: ValueID) -> Float? {
    guard id >= 0, let constant = graph.values[id].constant, constant.shape.count == 1, constant.shape.rank <= 1
    else { return nil }
    guard let tensor = try? constant.tensor(allocator) else { return nil }
    switch tensor.type {
    case .float32: return tensor.bytes.load(as: Float.self)
    case .float64: return Float(tensor.bytes.load(as: Double.self))
    case .float16: return Half.widen(tensor.bytes.load(as: UInt16.self))
    case .bfloat16: return BFloat16.widen(tensor.bytes.load(as: UInt16.self))
    default: return nil
    }
  }

  /// The elements of an int64 or int32 constant.
  public func integers(_ id: ValueID) -> [Int]? { integers(of: constant(id)) }

  public func integers(of constant: Constant?) -> [Int]? {
    guard let constant, constant.type == .int64 || constant.type == .int32 else { return nil }
    return (try? constant.tensor(allocator))?.integers
  }

  public func constant(_ id: ValueID) -> Constant? { id >= 0 ? graph.values[id].constant : nil }
}

extension Node {
  /// False of arithmetic before opset 7 that says itself at which axis its second shape begins.
  public var broadcastsFromTheRight: Bool { opset >= 7 || !domain.isEmpty || attributes["axis"] == nil }
}
