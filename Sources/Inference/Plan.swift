import GraphIR
import Operators
import Tensors

/// The part of a fact that plans are cached by: kind, element type and shape.
typealias Signature = [Int]

extension Signature {
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
  }

  /// A value with a place in the arena.
  struct Placement {
    let value: ValueID
    let type: ElementType
    let shape: Shape
    let offset: Int
  }

  let steps: [Step]
  let placements: [Placement]
  /// Values that were folded when the plan was made.
  let folded: [(value: ValueID, tensor: Tensor)]
  let arenaByteCount: Int
  let scratchByteCount: Int
  /// Everything known at the plan's end.
  let facts: [Fact?]
  /// The first node after the plan; the number of nodes where it reaches the end.
  let end: Int
  /// How many plans come before this one in a run: each has an arena of its own.
  let depth: Int
  var successors: [(signature: Signature, plan: Plan)] = []

  init(
    steps: [Step], placements: [Placement], folded: [(value: ValueID, tensor: Tensor)], arenaByteCount: Int,
    scratchByteCount: Int, facts: [Fact?], end: Int, depth: Int
  ) {
    self.steps = steps
    self.placements = placements
    self.folded = folded
    self.arenaByteCount = arenaByteCount
    self.scratchByteCount = scratchByteCount
    self.facts = facts
    self.end = end
    self.depth = depth
  }
}
