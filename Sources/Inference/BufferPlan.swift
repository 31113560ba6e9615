import GraphIR
import Operators
import Tensors

/// Which values of a schedule share a buffer, and how long each buffer is needed.
struct BufferPlan {
  private let program: Program
  private(set) var buffers: [MemoryPlan.Buffer] = []
  private(set) var placements: [Schedule.Placement] = []
  /// The buffer each value lies in, or -1 where that is not of this schedule.
  private var bufferOf: [Int]

  init(_ program: Program, nodeCount: Int, valueCount: Int) {
    self.program = program
    bufferOf = [Int](repeating: -1, count: valueCount)
    placements.reserveCapacity(nodeCount)
    buffers.reserveCapacity(nodeCount)
  }

  /// Gives the outputs of node `index` their places, where the values have such `facts`. Nodes come in ascending order;
  /// of the `reusable` inputs the node may overwrite one.
  mutating func place(
    _ step: Program.Step, at index: Int, _ facts: [Fact?], reusing reusable: Planner.ReusableInputs
  ) {
    for i in step.outputs.indices where step.outputs[i] >= 0 {
      let output = step.outputs[i]
      guard let fact = facts[output] else { continue }
      if i == 0, let input = reused(step.inputs, reusable, at: index) {
        share(input, with: output, at: index)
      } else {
        bufferOf[output] = buffers.count
        buffers.append(MemoryPlan.Buffer(byteCount: 0, first: index, last: lastUse(of: output, from: index)))
      }
      append(output, fact)
    }
  }

  /// The same for a node whose output 0 is input 0 under another shape; false where that is not of this schedule.
  mutating func placeView(_ step: Program.Step, at index: Int, _ facts: [Fact?]) -> Bool {
    guard bufferOf[step.inputs[0]] >= 0, let fact = facts[step.outputs[0]] else { return false }
    share(step.inputs[0], with: step.outputs[0], at: index)
    append(step.outputs[0], fact)
    return true
  }

  private mutating func append(_ value: ValueID, _ fact: Fact) {
    placements.append(Schedule.Placement(value: value, type: fact.type, buffer: bufferOf[value]))
  }

  /// The input whose memory the node overwrites: of this schedule, and read by nobody later; also not by the node itself
  /// as input 2 or further, since the first two may be used up by then.
  private func reused(_ inputs: [ValueID], _ reusable: Planner.ReusableInputs, at index: Int) -> ValueID? {
    for (i, input) in inputs.prefix(2).enumerated() where reusable.contains(i) && bufferOf[input] >= 0 {
      let buffer = bufferOf[input]
      guard buffers[buffer].last == index, !inputs.dropFirst(2).contains(where: { $0 >= 0 && bufferOf[$0] == buffer })
      else { continue }
      return input
    }
    return nil
  }

  /// Lets `output` lie in the buffer of `input`, which is one of this schedule.
  private mutating func share(_ input: ValueID, with output: ValueID, at index: Int) {
    let buffer = bufferOf[input]
    bufferOf[output] = buffer
    buffers[buffer].last = max(buffers[buffer].last, lastUse(of: output, from: index))
  }

  private func lastUse(of value: ValueID, from index: Int) -> Int { max(program.lastReads[value], index) }
}
