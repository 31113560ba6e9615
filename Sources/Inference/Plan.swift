import GraphIR
import Operators
import Tensors

/// The part of a fact that plans are cached by: kind, element type and shape.
typealias Signature = [Int]

extension Signature {
  /// The signature of values one after another.
  init(_ values: [Value]) {
    self = []
    for value in values { append(Fact(value)) }
  }

  /// Whether this is the signature of `values`; makes none to compare with.
  func isSignature(of values: [Value]) -> Bool {
    var at = 0
    for value in values {
      guard case .tensor(let tensor) = value else {
        var other: Signature = []
        other.append(Fact(value))
        guard self[at...].starts(with: other) else { return false }
        at += other.count
        continue
      }
      let dims = tensor.shape.dims
      let first = at + 2
      guard first + dims.count <= count, self[at] == Int(tensor.type.rawValue), self[at + 1] == dims.count else {
        return false
      }
      for axis in dims.indices where self[first + axis] != dims[axis] { return false }
      at = first + dims.count
    }
    return at == count
  }

  mutating func append(_ fact: Fact) {
    append(Int(fact.type.rawValue))
    switch fact.kind {
    case .tensor:
      append(fact.rank)
      self += fact.shape
    case .sequence: append(-1)
    case .optional: append(-2)
    case .map: append(-3)
    }
  }
}

/// What to do for one signature of input shapes: a schedule, and where its values lie.
///
/// A plan reaches to the end of the graph, or to the first step whose results have a shape that depends on data. From
/// there a successor goes on, made from the real shapes and cached by them.
///
/// Plans come and go with each shape, so that they own as little as they can.
final class Plan {
  let schedule: Schedule
  let steps: [Schedule.Step]
  /// Of each of the schedule's placements.
  let shapes: [Shape]
  /// The first byte in the arena of each of the schedule's buffers.
  let offsets: [Int]
  let arenaByteCount: Int
  let scratchByteCount: Int
  /// What the schedule's folded values are.
  let folded: [Tensor]
  /// What is known of the outputs of the schedule's described nodes.
  let outputFacts: [[Fact]]
  /// Everything known at the plan's end, for the plan that goes on from there; nothing where this is the graph's.
  let facts: [Fact?]
  /// How many plans come before this one in a run: each has an arena of its own.
  let depth: Int
  var successors: [(signature: Signature, plan: Plan)] = []

  /// The first node after the plan; the number of nodes where it reaches the end.
  var end: Int { schedule.end }

  init(
    _ schedule: Schedule, shapes: [Shape], memory: MemoryPlan, scratchByteCount: Int, folded: [Tensor],
    outputFacts: [[Fact]], facts: [Fact?], depth: Int
  ) {
    self.schedule = schedule
    steps = schedule.steps
    self.shapes = shapes
    offsets = memory.offsets
    arenaByteCount = memory.byteCount
    self.scratchByteCount = scratchByteCount
    self.folded = folded
    self.outputFacts = outputFacts
    self.facts = facts
    self.depth = depth
  }

  /// The tensor of placement `i`: `before`, if it is the same.
  func tensor(_ i: Int, in arena: Storage, before: Value) -> Tensor {
    let placement = schedule.placements[i]
    let offset = offsets[placement.buffer]
    if case .tensor(let known) = before, known.storage === arena, known.bytes == arena.base + offset,
      known.type == placement.type, known.shape == shapes[i]
    {
      return known
    }
    return Tensor(placement.type, shapes[i], arena, offset: offset)
  }

  /// Whether placement `i` is where another plan of the same schedule has it, and of the same shape.
  func places(_ i: Int, as other: Plan) -> Bool {
    let buffer = schedule.placements[i].buffer
    return offsets[buffer] == other.offsets[buffer] && shapes[i] == other.shapes[i]
  }
}
