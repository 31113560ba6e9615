import GraphIR
import Kernels
import Operators
import Tensors

/// Binds the nodes of a graph one by one, so that a long create can be watched and stopped.
final class Binder {
  private let graph: Graph
  private let platform: Platform
  private let allocator: Allocator
  private var steps: [Program.Step] = []
  /// Whether somebody reads the constant itself, not only a packed copy.
  private var isNeeded: [Bool]
  /// The element type of each value, of a sequence that of its elements; nil where it is not known before a run.
  private var types: [ElementType?]
  /// The first of the nodes that do the same, by what they do.
  private var firsts: NameTable = [:]
  /// What must be filled before a run, of the nodes that are bound.
  private var fillings: [Filling] = []

  /// `inputs` are the element types of the graph's inputs, as far as they are known; `kept` are values that are read
  /// besides the graph's outputs.
  init(
    _ graph: Graph, inputs: [ElementType?], kept: [ValueID] = [], platform: Platform, allocator: Allocator
  ) {
    self.graph = graph
    self.platform = platform
    self.allocator = allocator
    isNeeded = [Bool](repeating: false, count: graph.values.count)
    for value in graph.outputs + kept where value >= 0 { isNeeded[value] = true }
    types = graph.values.map { $0.constant?.type }
    for (value, type) in zip(graph.inputs, inputs) where value >= 0 && types[value] == nil { types[value] = type }
    steps.reserveCapacity(graph.nodes.count)
  }

  var boundCount: Int { steps.count }

  /// The node that is bound next.
  var next: Node? { steps.count < graph.nodes.count ? graph.nodes[steps.count] : nil }

  /// Binds the next node. True when every node is bound.
  func advance() throws(RuntimeError) -> Bool {
    guard let node = next else { return true }
    do throws(RuntimeError) { try bind(node) } catch { throw error.at(node.place) }
    return next == nil
  }

  private func bind(_ node: Node) throws(RuntimeError) {
    let constants = node.inputs.map { $0 >= 0 ? graph.values[$0].constant : nil }
    let site = Site(node, constants: constants, platform: platform, allocator: allocator)
    let evaluation = Evaluation(try Registry.bind(site), of: node)
    let given = node.inputs.map { known($0) }
    let facts = Facts(zip(node.inputs, given).map { $0 < 0 ? nil : Fact($1) })
    try evaluation.types.check(facts)
    var yields: [[ElementType?]] = []
    for filling in site.fillings { filling.node = node.place }
    fillings += site.fillings
    var bodies: [Program] = []
    for body in node.bodies {
      let inputs = evaluation.types.bodyInputs(body.formalCount, of: given) + body.captures.map { known($0) }
      let binder = Binder(body.graph, inputs: inputs, platform: platform, allocator: allocator)
      while try !binder.advance() {}
      yields.append(body.graph.outputs.map { binder.known($0) })
      let (program, rest) = try binder.finish()
      bodies.append(program)
      fillings += rest
    }
    for (i, input) in node.inputs.enumerated() where input >= 0 && !site.consumed.contains(i) {
      isNeeded[input] = true
    }
    for body in node.bodies {
      for capture in body.captures { isNeeded[capture] = true }
    }
    let made =
      yields.isEmpty
      ? evaluation.types.outputs(node.outputs.count, of: facts)
      : evaluation.types.outputs(node.outputs.count, ofBodies: yields)
    for (output, type) in zip(node.outputs, made) where output >= 0 { types[output] = type }
    steps.append(Program.Step(evaluation: evaluation, bodies: bodies, twin: twin(of: node, packed: site.consumed)))
  }

  /// A node before this one that answers the same wherever its inputs have the same facts: a network repeats its blocks.
  private func twin(of node: Node, packed: [Int]) -> Int? {
    var inputs: [Int] = []
    for (i, input) in node.inputs.enumerated() {
      guard packed.contains(i), let constant = input >= 0 ? graph.values[input].constant : nil else {
        inputs.append(min(input, 0))
        continue
      }
      // Facts say nothing of the elements of what was packed. Of weights the shape is all that counts; what is small may
      // be the shape or the axes of something.
      inputs.append(constant.shape.count > 64 ? 1 : 2 + input)
    }
    for output in node.outputs { inputs.append(min(output, 0)) }
    guard let key = node.key(inputs: inputs) else { return nil }
    if let first = firsts[key] { return first }
    firsts[key] = steps.count
    return nil
  }

  private func known(_ value: ValueID) -> ElementType? { value >= 0 ? types[value] : nil }

  /// The program, once every node is bound, and what is to be filled.
  func finish() throws(RuntimeError) -> (program: Program, fillings: [Filling]) {
    var constants = [Value](repeating: .none, count: graph.values.count)
    for (value, info) in graph.values.enumerated() {
      guard let constant = info.constant, isNeeded[value] else { continue }
      let (tensor, filling) = try constant.placed(allocator)
      constants[value] = .tensor(tensor)
      if let filling { fillings.append(filling) }
    }
    return (Program(graph: graph, steps: steps, constants: constants, types: types), fillings)
  }
}
