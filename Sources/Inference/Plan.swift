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
      /// Nothing is left to do: output 0 is a value of the arena under another shape, and has its place.
      case placed
      /// Output 0 is input 0, which is no value of the arena, under another shape.
      case view
      /// Outputs get memory of their own at each run: their shapes, or their sizes (strings), are not known before.
      case fresh
      /// The executor enters bodies.
      case controlFlow
    }

    /// The index of the node in its program.
    let node: Int
    var manner: Manner
    /// The index in `outputFacts`, where the step is a view or fresh.
    var facts = -1
  }

  /// A value with a place in the arena.
  ///
  /// Plans come and go with each shape, so that steps and placements own no memory: dims lie in one row.
  struct Placement {
    let value: ValueID
    let type: ElementType
    /// Where the value's dims are in `dims`.
    let dims: Range<Int>
    /// The first byte in the arena.
    var offset = 0
  }

  let steps: [Step]
  /// What is known of the outputs of steps that are views or fresh.
  let outputFacts: [[Fact]]
  let placements: [Placement]
  let dims: [Int]
  /// Values that were folded when the plan was made.
  let folded: [(value: ValueID, tensor: Tensor)]
  /// Values that the steps put in place at each run, and that do not outlive it.
  let transients: [ValueID]
  let arenaByteCount: Int
  let scratchByteCount: Int
  /// Everything known at the plan's end, for the plan that goes on from there; nothing where this is the graph's.
  let facts: [Fact?]
  /// The first node of the plan.
  let start: Int
  /// The first node after the plan; the number of nodes where it reaches the end.
  let end: Int
  /// How many plans come before this one in a run: each has an arena of its own.
  let depth: Int
  var successors: [(signature: Signature, plan: Plan)] = []

  /// What is to be done for the nodes from `start` on, which were `visited`, by what is known of the values.
  init(_ program: Program, _ visited: ArraySlice<Planner.Visit>, _ facts: [Fact?], start: Int, depth: Int) {
    var steps: [Step] = []
    var outputFacts: [[Fact]] = []
    var folded: [(value: ValueID, tensor: Tensor)] = []
    var transients: [ValueID] = []
    var scratchByteCount = 0
    var buffers = BufferPlan(program, nodeCount: visited.count, valueCount: facts.count)
    steps.reserveCapacity(visited.count)
    for at in visited.indices {
      let node = start + at
      let planned = program.steps[node]
      guard let manner = visited[at].manner else {
        for output in planned.outputs where output >= 0 {
          if let tensor = facts[output]?.value { folded.append((output, tensor)) }
        }
        continue
      }
      var step = Step(node: node, manner: manner)
      if manner == .run { buffers.place(planned, at: node, facts) }
      if manner == .view, buffers.placeView(planned, at: node, facts) { step.manner = .placed }
      if step.manner == .view || manner == .fresh {
        step.facts = outputFacts.count
        outputFacts.append(planned.outputs.map { $0 >= 0 ? facts[$0]! : Fact(nil) })
      }
      if step.manner != .run, step.manner != .placed {
        for output in planned.outputs where output >= 0 { transients.append(output) }
      }
      scratchByteCount = max(scratchByteCount, visited[at].scratchByteCount)
      steps.append(step)
    }
    arenaByteCount = buffers.settle()
    placements = buffers.placements
    dims = buffers.dims
    self.steps = steps
    self.outputFacts = outputFacts
    self.folded = folded
    self.transients = transients
    self.scratchByteCount = scratchByteCount
    end = start + visited.count
    self.facts = end < program.steps.count ? facts : []
    self.start = start
    self.depth = depth
  }

  /// The tensor of a value with a place: `before`, if it is the same, or else of its shape if that is.
  func tensor(_ placement: Placement, in arena: Storage, before: Value) -> Tensor {
    let dims = self.dims[placement.dims]
    guard case .tensor(let known) = before, known.shape.dims.elementsEqual(dims) else {
      return Tensor(placement.type, Shape(Array(dims)), arena, offset: placement.offset)
    }
    let isSame =
      known.storage === arena && known.type == placement.type && known.bytes == arena.base + placement.offset
    return isSame ? known : Tensor(placement.type, known.shape, arena, offset: placement.offset)
  }
}
