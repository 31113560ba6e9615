import GraphIR
import Kernels
import Operators
import Tensors

/// A graph whose operators are bound: what a session keeps for as long as it lives.
///
/// The bodies of control flow are programs of their own.
final class Program {
  /// A node with its kernel. An object, so that to look at one at each run copies nothing of it.
  final class Step {
    let evaluation: Evaluation
    let bodies: [Program]
    /// The node as it is told before it runs.
    let place: RuntimeError.Node
    // What a plan asks of every node is here once more: a node is large to copy.
    let inputs: [ValueID]
    let outputs: [ValueID]
    let memory: Operator.MemoryUse
    let isControlFlow: Bool
    /// A node before this one whose outputs have the same facts where the inputs have.
    let twin: Int?

    init(evaluation: Evaluation, bodies: [Program], twin: Int?) {
      self.twin = twin
      self.evaluation = evaluation
      self.bodies = bodies
      place = evaluation.node.place
      inputs = evaluation.node.inputs
      outputs = evaluation.node.outputs
      memory = evaluation.row.memory
      isControlFlow = evaluation.kernel.start != nil
    }
  }

  let graph: Graph
  let steps: [Step]
  /// What is constant whatever the inputs are; `.none` for every other value.
  let constants: [Value]
  /// The element type of each value, as far as it is known before a run.
  let types: [ElementType?]
  /// For every value the index of the last node that reads it; `Int.max` for outputs, -1 where none does.
  let lastReads: [Int]
  let links: Links
  /// Plans for the shapes that were fed lately, the latest last.
  var plans: [(signature: Signature, plan: Plan)] = []
  /// What plans were made with last, by depth.
  var planners: [Planner] = []
  /// What is known of constants, as plans begin.
  let constantFacts: [Fact?]
  /// Memory for the values of a plan; plans that follow each other in one run have one each.
  var arenas: [Storage] = []
  /// The plans whose values have their places in the slots, by depth. They keep them from run to run, so that the next
  /// one of the same shapes finds them there.
  var active: [Plan] = []
  /// The values of the run in progress. A program is never entered twice at a time: ONNX has no recursion.
  var slots: UnsafeMutablePointer<Value> { row.values }
  private let row: Slots

  init(graph: Graph, steps: [Step], constants: [Value], types: [ElementType?]) {
    self.graph = graph
    self.steps = steps
    self.constants = constants
    self.types = types
    constantFacts = graph.values.enumerated().map { id, info in
      if case .tensor(let tensor) = constants[id] { return Fact(tensor) }
      // A weight that was packed: shape and type are all that is left of it.
      return info.constant.map { Fact($0.type, $0.shape.dims) }
    }
    var lastReads = [Int](repeating: -1, count: graph.values.count)
    for (index, step) in steps.enumerated() {
      for value in step.evaluation.node.reads where value >= 0 { lastReads[value] = index }
    }
    for output in graph.outputs where output >= 0 { lastReads[output] = .max }
    self.lastReads = lastReads
    links = Links(steps, valueCount: graph.values.count)
    row = Slots(count: graph.values.count)
    for (value, constant) in constants.enumerated() { slots[value] = constant }
  }
}

extension Program {
  /// The bytes of the arenas, those of bodies with them.
  var arenaByteCount: Int {
    var sum = arenas.reduce(0) { $0 + $1.byteCount }
    for step in steps { for body in step.bodies { sum += body.arenaByteCount } }
    return sum
  }
}
