import GraphIR
import Operators
import Tensors

/// What plans have in common whatever sizes their values have: the steps that are left after folding, and which values
/// share memory for how long.
final class Schedule {
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
    /// The index in a plan's `outputFacts`, where the step is a view or fresh.
    var facts = -1
  }

  /// A value with a place in the arena.
  struct Placement {
    let value: ValueID
    let type: ElementType
    let buffer: Int
  }

  let steps: [Step]
  let placements: [Placement]
  /// What values lie in; how large each is, is for a plan to say.
  let buffers: [MemoryPlan.Buffer]
  /// Values that are folded when a plan is made.
  let folded: [ValueID]
  /// The nodes whose outputs' facts a plan keeps.
  let described: [Int]
  /// Values that the steps put in place at each run, and that do not outlive it.
  let transients: [ValueID]
  /// The first node.
  let start: Int
  /// The first node behind; the number of nodes where the schedule reaches the graph's end.
  let end: Int
  private let placementOf: [Int32]

  /// What is to be done for the nodes from `start` on, which were `visited`, by what is known of the values.
  init(_ program: Program, _ visited: ArraySlice<Planner.Visit>, _ facts: [Fact?], start: Int) {
    var steps: [Step] = []
    var folded: [ValueID] = []
    var described: [Int] = []
    var transients: [ValueID] = []
    var plan = BufferPlan(program, nodeCount: visited.count, valueCount: facts.count)
    steps.reserveCapacity(visited.count)
    for at in visited.indices {
      let node = start + at
      let planned = program.steps[node]
      guard let manner = visited[at].manner else {
        for output in planned.outputs where output >= 0 && facts[output]?.value != nil { folded.append(output) }
        continue
      }
      var step = Step(node: node, manner: manner)
      if manner == .run { plan.place(planned, at: node, facts, reusing: visited[at].reusable) }
      if manner == .view, plan.placeView(planned, at: node, facts) { step.manner = .placed }
      if step.manner == .view || manner == .fresh {
        step.facts = described.count
        described.append(node)
      }
      if step.manner != .run, step.manner != .placed {
        for output in planned.outputs where output >= 0 { transients.append(output) }
      }
      steps.append(step)
    }
    var placementOf = [Int32](repeating: -1, count: facts.count)
    for (i, placement) in plan.placements.enumerated() { placementOf[placement.value] = Int32(i) }
    self.placementOf = placementOf
    self.steps = steps
    self.folded = folded
    self.described = described
    self.transients = transients
    placements = plan.placements
    buffers = plan.buffers
    self.start = start
    end = start + visited.count
  }

  /// The index in `placements` of a value that is there.
  func placement(of value: ValueID) -> Int? { placementOf[value] >= 0 ? Int(placementOf[value]) : nil }
}
