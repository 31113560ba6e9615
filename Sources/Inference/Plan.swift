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

/// What to do for one signature of input shapes: the steps that are left after folding, and where their values lie.
///
/// A plan reaches to the end of the graph, or to the first step whose results have a shape that depends on data. From
/// there a successor goes on, made from the real shapes and cached by them.
final class Plan {
  struct Step {
    enum Manner {
      /// Outputs lie in the arena.
      case run
      /// Output 0 is input 0 under another shape.
      case view
      /// Outputs get memory of their own at each run: their shapes, or their sizes (strings), are not known before.
      case fresh
      /// The executor enters bodies.
      case controlFlow
    }

    /// The index of the node in its program.
    let node: Int
    let manner: Manner
    let outputFacts: [Fact]
    /// What the step needs beside its inputs and outputs.
    var scratchByteCount = 0
  }

  /// A value with a place in the arena.
  struct Placement {
    let value: ValueID
    let type: ElementType
    let shape: Shape
    var offset = 0
  }

  let steps: [Step]
  let placements: [Placement]
  /// Values that were folded when the plan was made.
  let folded: [(value: ValueID, tensor: Tensor)]
  /// Values that the steps put in place at each run, and that do not outlive it.
  let transients: [ValueID]
  let arenaByteCount: Int
  let scratchByteCount: Int
  /// Everything known at the plan's end.
  let facts: [Fact?]
  /// The first node of the plan.
  let start: Int
  /// The first node after the plan; the number of nodes where it reaches the end.
  let end: Int
  /// How many plans come before this one in a run: each has an arena of its own.
  let depth: Int
  var successors: [(signature: Signature, plan: Plan)] = []

  init(
    steps: [Step], placements: [Placement], folded: [(value: ValueID, tensor: Tensor)], transients: [ValueID],
    arenaByteCount: Int, scratchByteCount: Int, facts: [Fact?], start: Int, end: Int, depth: Int
  ) {
    self.steps = steps
    self.placements = placements
    self.folded = folded
    self.transients = transients
    self.arenaByteCount = arenaByteCount
    self.scratchByteCount = scratchByteCount
    self.facts = facts
    self.start = start
    self.end = end
    self.depth = depth
  }
}
