import GraphIR

/// How the nodes and values of a program hang together, in rows of numbers: a planner asks this of many nodes in a moment
/// when the caches are full of weights, and each node's object would be a miss.
struct Links {
  private struct Node {
    /// A node before this one whose outputs have the same facts where the inputs have; -1 where there is none.
    let twin: Int32
    /// Where the inputs begin in `operands`, and behind them the outputs.
    let first: Int32
    let inputCount: Int32
    let outputCount: Int32
  }

  private let nodes: [Node]
  private let operands: [Int32]
  /// The nodes that each value is an input of, one value's behind the other's.
  private let readers: [Int32]
  /// Where the readers of each value begin.
  private let firstReaders: [Int32]

  init(_ steps: [Program.Step], valueCount: Int) {
    var nodes: [Node] = []
    var operands: [Int32] = []
    nodes.reserveCapacity(steps.count)
    var first = [Int32](repeating: 0, count: valueCount + 1)
    for step in steps {
      nodes.append(
        Node(
          twin: Int32(step.twin ?? -1), first: Int32(operands.count), inputCount: Int32(step.inputs.count),
          outputCount: Int32(step.outputs.count)))
      for input in step.inputs {
        operands.append(Int32(input))
        if input >= 0 { first[input + 1] += 1 }
      }
      for output in step.outputs { operands.append(Int32(output)) }
    }
    for value in 0..<valueCount { first[value + 1] += first[value] }
    var next = first
    var readers = [Int32](repeating: 0, count: Int(first[valueCount]))
    for (node, step) in steps.enumerated() {
      for input in step.inputs where input >= 0 {
        readers[Int(next[input])] = Int32(node)
        next[input] += 1
      }
    }
    (self.nodes, self.operands, self.readers, firstReaders) = (nodes, operands, readers, first)
  }

  func twin(of node: Int) -> Int? { nodes[node].twin >= 0 ? Int(nodes[node].twin) : nil }

  func inputs(of node: Int) -> ArraySlice<Int32> {
    let first = Int(nodes[node].first)
    return operands[first..<first + Int(nodes[node].inputCount)]
  }

  func outputs(of node: Int) -> ArraySlice<Int32> {
    let first = Int(nodes[node].first + nodes[node].inputCount)
    return operands[first..<first + Int(nodes[node].outputCount)]
  }

  /// The nodes that `value` is an input of, in ascending order.
  func readers(of value: ValueID) -> ArraySlice<Int32> {
    readers[Int(firstReaders[value])..<Int(firstReaders[value + 1])]
  }
}
