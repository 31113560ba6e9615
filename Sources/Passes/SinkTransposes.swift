import GraphIR
import Operators
import Tensors

/// Transpositions move behind elementwise nodes and concatenations towards others, and there cancel or become one.
///
/// So are the networks of channels-last frameworks rid of what their converters put around each convolution:
/// Transpose, Conv, Transpose, Add, Relu, Transpose, Conv.
enum SinkTransposes {
  static let pass = Pass("sink transposes") { graph, context throws(RuntimeError) in
    // Most graphs have none that meet.
    var count = 0
    for node in graph.nodes where Order(of: node) != nil { count += 1 }
    if count < 2 { return Patch() }
    var walk = Walk(graph, context)
    for index in graph.nodes.indices { try walk.visit(index) }
    return walk.patch
  }

  /// The order of up to sixteen axes that a Transpose says: four bits for each.
  private struct Order: Equatable {
    let rank: Int
    private var bits: UInt64 = 0

    init?(of node: Node) {
      guard node.opType == "Transpose", node.domain.isEmpty, case .ints(let axes)? = node.attributes["perm"],
        axes.count <= 16
      else { return nil }
      rank = axes.count
      var seen: UInt64 = 0
      for (i, axis) in axes.enumerated() {
        guard axis >= 0, axis < axes.count, seen & 1 << UInt64(axis) == 0 else { return nil }
        seen |= 1 << UInt64(axis)
        bits |= UInt64(axis) << UInt64(4 * i)
      }
    }

    private init(rank: Int) { self.rank = rank }

    subscript(i: Int) -> Int { Int(truncatingIfNeeded: bits >> UInt64(4 * i) & 15) }

    var isIdentity: Bool {
      for i in 0..<rank where self[i] != i { return false }
      return true
    }

    /// This one, and then the other.
    func then(_ next: Order) -> Order {
      var both = Order(rank: rank)
      for i in 0..<rank { both.bits |= UInt64(self[next[i]]) << UInt64(4 * i) }
      return both
    }
  }

  /// Whether a node may change places with the transpositions of its inputs.
  private static func isSinkable(_ node: Node) -> Bool {
    guard node.outputs.count == 1, node.inputs.count == 1 || node.opset >= 7 else { return false }
    return isConcatenation(node) || (try? Registry.row(for: node).traits.contains(.elementwise)) ?? false
  }

  private static func isConcatenation(_ node: Node) -> Bool { node.opType == "Concat" && node.domain.isEmpty }

  /// One walk over the nodes, which knows of each value whether it is another one transposed.
  private struct Walk {
    var patch = Patch()
    private let graph: Graph
    private let context: PassContext
    /// Of what and by which order a value is the transposition.
    private var origins: [(source: ValueID, order: Order)?]
    private let isSinkable: [Bool]
    /// Whether a Transpose reads a value, at once or behind nodes that one can pass.
    private var leadsToOne: [Bool]
    /// Whether a value is read as it is by what no transposition can pass.
    private var isHeld: [Bool]
    private let isOutput: [Bool]

    init(_ graph: Graph, _ context: PassContext) {
      self.graph = graph
      self.context = context
      origins = Array(repeating: nil, count: graph.values.count)
      isSinkable = graph.nodes.map { SinkTransposes.isSinkable($0) }
      leadsToOne = Array(repeating: false, count: graph.values.count)
      isOutput = graph.outputMask()
      isHeld = isOutput
      for (index, node) in graph.nodes.enumerated().reversed() {
        let isTranspose = Order(of: node) != nil
        let leads = isTranspose || isSinkable[index] && leadsToOne[node.outputs[0]]
        for input in node.reads where input >= 0 {
          leadsToOne[input] = leadsToOne[input] || leads
          isHeld[input] = isHeld[input] || !isTranspose && !isSinkable[index]
        }
      }
    }

    mutating func visit(_ index: Int) throws(RuntimeError) {
      let node = graph.nodes[index]
      if let order = Order(of: node) {
        transpose(node, order, at: index)
      } else if isSinkable[index] {
        try sink(node, at: index)
      }
    }

    /// Two transpositions become one, or none.
    private mutating func transpose(_ node: Node, _ order: Order, at index: Int) {
      let (input, output) = (node.inputs[0], node.outputs[0])
      guard let origin = origins[input], origin.order.rank == order.rank else {
        origins[output] = (input, order)
        return
      }
      let combined = origin.order.then(order)
      if !combined.isIdentity {
        patch.replace(index, by: transposition(origin.source, combined, into: output, name: node.name))
        origins[output] = (origin.source, combined)
      } else if isOutput[output] {
        patch.replace(
          index, by: Node(name: node.name, "Identity", opset: 13, inputs: [origin.source], outputs: [output]))
      } else {
        patch.remove(index)
        patch.substitute(output, by: origin.source)
      }
    }

    /// The node works on what its inputs are transpositions of, and its result is transposed.
    private mutating func sink(_ node: Node, at index: Int) throws(RuntimeError) {
      let output = node.outputs[0]
      var order: Order?
      var count = 0
      for input in node.inputs where input >= 0 {
        guard let origin = origins[input], !isHeld[input] else { continue }
        if let order, order != origin.order { return }
        order = origin.order
        count += 1
      }
      guard let order, count > 1 || leadsToOne[output] else { return }
      var moved = node
      for (i, input) in node.inputs.enumerated() where input >= 0 {
        if let origin = origins[input], !isHeld[input] {
          moved.inputs[i] = origin.source
        } else if let constant = isConcatenation(node) ? nil : graph.values[input].constant,
          let source = try inverse(of: constant, input, order)
        {
          moved.inputs[i] = source
        } else {
          return
        }
      }
      if isConcatenation(node) {
        guard case .int(let axis)? = node.attributes["axis"], axis >= -order.rank, axis < order.rank else { return }
        moved.attributes[Name("axis")] = .int(Int64(order[Int(axis) + (axis < 0 ? order.rank : 0)]))
      }
      let result = graph.addValue(graph.values[output].name + Name("/transposed"))
      moved.outputs = [result]
      patch.replace(index, by: moved, transposition(result, order, into: output, name: Name()))
      origins[output] = (result, order)
    }

    private func transposition(_ source: ValueID, _ order: Order, into output: ValueID, name: Name) -> Node {
      var attributes = Attributes()
      attributes[Name("perm")] = .ints((0..<order.rank).map { Int64(order[$0]) })
      return Node(name: name, "Transpose", opset: 13, inputs: [source], outputs: [output], attributes: attributes)
    }

    /// A constant that broadcasts to the transposed shape, as it broadcasts to the one before: of one element it is as it
    /// is, and a vector along the last axis becomes one along another. Nil for all others.
    private func inverse(of constant: Constant, _ id: ValueID, _ order: Order) throws(RuntimeError) -> ValueID? {
      let dims = constant.shape.dims
      guard dims.count <= order.rank else { return nil }
      if constant.shape.count == 1 { return id }
      // One dim that is not 1: the elements stay in their order.
      guard dims.filter({ $0 != 1 }).count == 1, constant.type.bitWidth >= 8, constant.type != .string else {
        return nil
      }
      var shape = [Int](repeating: 1, count: order.rank)
      for (axis, dim) in dims.enumerated() { shape[order[order.rank - dims.count + axis]] = dim }
      let tensor = try constant.tensor(context.allocator)
      return graph.addValue(
        graph.values[id].name + Name("/transposed"), constant: LoadedConstant(tensor.reshaped(Shape(shape))))
    }
  }
}
