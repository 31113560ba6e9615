import GraphIR
import Kernels
import Operators
import Tensors

/// A graph whose operators are bound: what a session keeps for as long as it lives.
///
/// The bodies of control flow are programs of their own.
final class Program {
  /// A node with its kernel.
  struct Step {
    let evaluation: Evaluation
    let bodies: [Program]
  }

  let graph: Graph
  let steps: [Step]
  /// What is constant whatever the inputs are; `.none` for every other value.
  let constants: [Value]
  /// For every value the index of the last node that reads it; `Int.max` for outputs, -1 where none does.
  let lastReads: [Int]
  /// Plans for the shapes that were fed lately, the latest last.
  var plans: [(signature: Signature, plan: Plan)] = []
  /// Memory for the values of a plan; plans that follow each other in one run have one each.
  var arenas: [Storage] = []
  /// The values of the run in progress. A program is never entered twice at a time: ONNX has no recursion.
  var slots: UnsafeMutablePointer<Value> { row.values }
  private let row: Slots

  init(graph: Graph, steps: [Step], constants: [Value]) {
    self.graph = graph
    self.steps = steps
    self.constants = constants
    var lastReads = [Int](repeating: -1, count: graph.values.count)
    for (index, step) in steps.enumerated() {
      for value in step.evaluation.node.reads where value >= 0 { lastReads[value] = index }
    }
    for output in graph.outputs where output >= 0 { lastReads[output] = .max }
    self.lastReads = lastReads
    row = Slots(count: graph.values.count)
    for (value, constant) in constants.enumerated() { slots[value] = constant }
  }
}

/// Binds the nodes of a graph one by one, so that a long create can be watched and stopped.
struct Binder {
  private let graph: Graph
  private let platform: Platform
  private let allocator: Allocator
  private var steps: [Program.Step] = []
  /// Whether somebody reads the constant itself, not only a packed copy.
  private var isNeeded: [Bool]

  init(_ graph: Graph, platform: Platform, allocator: Allocator) {
    self.graph = graph
    self.platform = platform
    self.allocator = allocator
    isNeeded = [Bool](repeating: false, count: graph.values.count)
    for output in graph.outputs where output >= 0 { isNeeded[output] = true }
    steps.reserveCapacity(graph.nodes.count)
  }

  var boundCount: Int { steps.count }
  var isDone: Bool { steps.count == graph.nodes.count }

  mutating func bindNext() throws(RuntimeError) {
    let node = graph.nodes[steps.count]
    do throws(RuntimeError) {
      let constants = node.inputs.map { $0 >= 0 ? graph.values[$0].constant : nil }
      let site = Site(node, constants: constants, platform: platform, allocator: allocator)
      let evaluation = Evaluation(try Registry.bind(site), of: node)
      var bodies: [Program] = []
      for body in node.bodies {
        bodies.append(try Binder.bind(body.graph, platform: platform, allocator: allocator))
      }
      for (i, input) in node.inputs.enumerated() where input >= 0 && !site.consumed.contains(i) {
        isNeeded[input] = true
      }
      for body in node.bodies {
        for capture in body.captures { isNeeded[capture] = true }
      }
      steps.append(Program.Step(evaluation: evaluation, bodies: bodies))
    } catch {
      throw error.at(node.place)
    }
  }

  /// The program, once every node is bound.
  func program() throws(RuntimeError) -> Program {
    var constants = [Value](repeating: .none, count: graph.values.count)
    for (value, info) in graph.values.enumerated() {
      guard let constant = info.constant, isNeeded[value] else { continue }
      constants[value] = .tensor(try constant.tensor(allocator))
    }
    return Program(graph: graph, steps: steps, constants: constants)
  }

  private static func bind(
    _ graph: Graph, platform: Platform, allocator: Allocator
  ) throws(RuntimeError) -> Program {
    var binder = Binder(graph, platform: platform, allocator: allocator)
    while !binder.isDone { try binder.bindNext() }
    return try binder.program()
  }
}
