import GraphIR
import Operators
import Tensors

/// Which values of a plan share a buffer, how long each buffer is needed, and so where each value lies in the arena.
struct BufferPlan {
  private let program: Program
  private var buffers: [MemoryPlan.Buffer] = []
  /// The buffer each value lies in, or -1 where that is not of this plan.
  private var bufferOf: [Int]
  private(set) var placements: [Plan.Placement] = []
  private(set) var dims: [Int] = []

  init(_ program: Program, nodeCount: Int, valueCount: Int) {
    self.program = program
    bufferOf = [Int](repeating: -1, count: valueCount)
    placements.reserveCapacity(nodeCount)
    buffers.reserveCapacity(nodeCount)
    dims.reserveCapacity(4 * nodeCount)
  }

  /// Gives the outputs of node `index` their places, where the values have such `facts`. Nodes come in ascending order.
  mutating func place(_ step: Program.Step, at index: Int, _ facts: [Fact?]) {
    for i in step.outputs.indices where step.outputs[i] >= 0 {
      let output = step.outputs[i]
      guard let fact = facts[output] else { continue }
      if i == 0, step.memory == .inPlace, let input = reusable(step.inputs, for: fact, at: index, facts) {
        share(input, with: output, at: index)
      } else {
        bufferOf[output] = buffers.count
        buffers.append(
          MemoryPlan.Buffer(
            byteCount: fact.type.byteCount(fact.count), first: index, last: lastUse(of: output, from: index)))
      }
      append(output, fact)
    }
  }

  /// The same for a node whose output 0 is input 0 under another shape; false where that is not of this plan.
  mutating func placeView(_ step: Program.Step, at index: Int, _ facts: [Fact?]) -> Bool {
    guard bufferOf[step.inputs[0]] >= 0, let fact = facts[step.outputs[0]] else { return false }
    share(step.inputs[0], with: step.outputs[0], at: index)
    append(step.outputs[0], fact)
    return true
  }

  /// Settles the offsets of all placements, and answers the size of the arena in bytes.
  mutating func settle() -> Int {
    let memory = MemoryPlan(buffers)
    for i in placements.indices { placements[i].offset = memory.offsets[bufferOf[placements[i].value]] }
    return memory.byteCount
  }

  private mutating func append(_ value: ValueID, _ fact: Fact) {
    let first = dims.count
    for dim in fact.shape { dims.append(dim) }
    placements.append(Plan.Placement(value: value, type: fact.type, dims: first..<dims.count))
  }

  /// The input whose memory the node may overwrite: of this plan, of the output's shape, and read by nobody later; also
  /// not by the node itself as input 2 or further, since the first two may be used up by then.
  private func reusable(_ inputs: [ValueID], for output: Fact, at index: Int, _ facts: [Fact?]) -> ValueID? {
    for input in inputs.prefix(2) where input >= 0 && bufferOf[input] >= 0 {
      let buffer = bufferOf[input]
      guard buffers[buffer].last == index, let fact = facts[input], fact.dims == output.dims,
        fact.type.bitWidth == output.type.bitWidth,
        !inputs.dropFirst(2).contains(where: { $0 >= 0 && bufferOf[$0] == buffer })
      else { continue }
      return input
    }
    return nil
  }

  /// Lets `output` lie in the buffer of `input`, which is one of this plan.
  private mutating func share(_ input: ValueID, with output: ValueID, at index: Int) {
    let buffer = bufferOf[input]
    bufferOf[output] = buffer
    buffers[buffer].last = max(buffers[buffer].last, lastUse(of: output, from: index))
  }

  private func lastUse(of value: ValueID, from index: Int) -> Int { max(program.lastReads[value], index) }
}
