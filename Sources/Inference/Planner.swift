import GraphIR
import Kernels
import Operators
import Tensors

/// Makes the plans of a program that begin at one node, in a walk over the nodes: infers, and folds.
///
/// It keeps what it found. The next plan visits only nodes with an input whose fact is another one, so that a decoder whose
/// past grows by a token plans no more than what the past reaches. An error leaves it right for what comes next.
final class Planner {
  /// Folded values above this many bytes are computed at each run instead: plans are many, memory is not.
  static let foldingLimit = 1 << 16

  /// Which of the first two inputs of a node are like its output 0, so that it may lie where they do.
  struct ReusableInputs: Equatable {
    private var bits: UInt8 = 0
    func contains(_ i: Int) -> Bool { bits & 1 << UInt8(i) != 0 }
    mutating func insert(_ i: Int) { bits |= 1 << UInt8(i) }
  }

  /// What was found of a node.
  struct Visit {
    /// How it is run; nil where nothing is left to do at a run.
    var manner: Schedule.Step.Manner?
    var reusable = ReusableInputs()
    /// What the node needs beside its inputs and outputs.
    var scratchByteCount = 0

    /// Whether plans with one or the other do the same.
    func isScheduled(like other: Visit) -> Bool { manner == other.manner && reusable == other.reusable }
  }

  /// The first node of its plans.
  let start: Int
  private let depth: Int

  // What was found, by value and by node from `start` on.
  private var facts: [Fact?]
  private var visits: [Visit]
  /// Nodes whose visit is not made of the facts as they are.
  private var stale: NodeSet
  /// The node behind which the plan must be cut.
  private var cut: Int?
  /// Whether a value is made by a node from `start` on.
  private var isMadeHere: [Bool]
  /// Whether a value has had facts of several sizes.
  private var varies: [Bool]

  // What the plan before was made of; no schedule where the next one needs another.
  private var schedule: Schedule?
  private var shapes: [Shape] = []
  private var buffers: [MemoryPlan.Buffer] = []
  private var memory = MemoryPlan([])
  private var folded: [Tensor] = []
  private var outputFacts: [[Fact]] = []

  // What is different since then.
  private var changed: [ValueID] = []
  private var hasFolded = false
  private var hasDescribed = false

  /// One that has planned nothing yet, for a program whose nodes before `start` have given `facts`.
  init(_ program: Program, from start: Int, depth: Int, facts: [Fact?]) {
    self.start = start
    self.depth = depth
    self.facts = facts
    stale = NodeSet(below: program.steps.count)
    isMadeHere = [Bool](repeating: false, count: facts.count)
    varies = isMadeHere
    visits = [Visit](repeating: Visit(), count: program.steps.count - start)
  }

  /// The plan for inputs with `known` facts.
  func plan(
    _ program: Program, _ known: [(value: ValueID, fact: Fact)], platform: Platform, allocator: Allocator
  ) throws(RuntimeError) -> Plan {
    for (value, fact) in known { set(value, fact, program.links) }
    try walk(program, platform, allocator)
    return makePlan(program)
  }

  /// The plan that goes on where `plan` was cut; `known` are the facts of what was open.
  func plan(
    _ program: Program, goingOnFrom plan: Plan, _ known: [(value: ValueID, fact: Fact)], platform: Platform,
    allocator: Allocator
  ) throws(RuntimeError) -> Plan {
    for value in facts.indices where !isMadeHere[value] {
      if let fact = plan.facts[value] { set(value, fact, program.links) }
    }
    return try self.plan(program, known, platform: platform, allocator: allocator)
  }

  // MARK: Nodes

  /// Visits the nodes that must be, up to the cut.
  private func walk(_ program: Program, _ platform: Platform, _ allocator: Allocator) throws(RuntimeError) {
    var next = start
    while let node = stale.first(from: next), node <= cut ?? node {
      let before = visits[node - start]
      var isCut = false
      if let twin = program.links.twin(of: node), twin >= start, repeats(twin, node, program.links) {
        visits[node - start] = visits[twin - start]
      } else {
        do throws(RuntimeError) {
          isCut = try visit(program, node, platform, allocator)
        } catch {
          schedule = nil
          throw error.at(program.place(of: node, facts: facts))
        }
      }
      if isCut != (cut == node) {
        // A cut further on is found again when the walk comes there.
        if isCut, let cut { stale.insert(cut) }
        cut = isCut ? node : nil
        schedule = nil
      }
      note(visits[node - start], before: before)
      stale.remove(node)
      next = node + 1
    }
  }

  /// Keeps in mind what a visit has made different.
  private func note(_ visit: Visit, before: Visit) {
    if !visit.isScheduled(like: before) { schedule = nil }
    switch visit.manner {
    case nil: hasFolded = true
    case .view, .fresh: hasDescribed = true
    default: break
    }
  }

  /// Plans one node; true where the plan must be cut behind it.
  private func visit(
    _ program: Program, _ node: Int, _ platform: Platform, _ allocator: Allocator
  ) throws(RuntimeError) -> Bool {
    let step = program.steps[node]
    var visit = Visit()
    defer { visits[node - start] = visit }
    for output in step.outputs where output >= 0 { isMadeHere[output] = true }
    if step.outputs.allSatisfy({ $0 < 0 }) { return false }
    if step.isControlFlow {
      visit.manner = .controlFlow
      return true
    }
    let inputs = Facts(step.inputs.map { $0 >= 0 ? facts[$0] : nil })
    let outputs = try step.evaluation.infer(inputs)
    if isFoldable(step, inputs, outputs) {
      try fold(step, outputs, program, allocator)
      return false
    }
    for (output, fact) in zip(step.outputs, outputs) where output >= 0 { set(output, fact.withoutValue, program.links) }

    let isOpen = outputs.contains { ($0.kind == .tensor && !$0.isShaped) || $0.kind == .optional }
    let isFresh = isOpen || outputs.contains { $0.kind != .tensor || $0.type == .string }
    if !isFresh, step.memory == .view || step.evaluation.kernel.movesNothing(inputs) {
      visit.manner = .view
      return false
    }
    visit.manner = isFresh ? .fresh : .run
    if step.memory == .inPlace, step.outputs[0] >= 0 { visit.reusable = reusable(step.inputs, for: outputs[0]) }
    visit.scratchByteCount = step.evaluation.kernel.scratchByteCount(inputs, platform.threadCount)
    return isOpen
  }

  private func reusable(_ inputs: [ValueID], for output: Fact) -> ReusableInputs {
    var reusable = ReusableInputs()
    for (i, input) in inputs.prefix(2).enumerated() where input >= 0 {
      guard let fact = facts[input], fact.dims == output.dims, fact.type.bitWidth == output.type.bitWidth else {
        continue
      }
      reusable.insert(i)
    }
    return reusable
  }

  /// Gives the outputs of a node the facts of another's, which was planned, if the inputs of both have the same.
  private func repeats(_ twin: Int, _ node: Int, _ links: Links) -> Bool {
    for (input, other) in zip(links.inputs(of: node), links.inputs(of: twin)) where input >= 0 {
      guard let fact = facts[Int(input)], let known = facts[Int(other)], fact.isSame(as: known) else { return false }
    }
    for (output, other) in zip(links.outputs(of: node), links.outputs(of: twin)) where output >= 0 {
      isMadeHere[Int(output)] = true
      set(Int(output), facts[Int(other)]!, links)
    }
    return true
  }

  private func set(_ value: ValueID, _ fact: Fact, _ links: Links) {
    if let known = facts[value] {
      if fact.isSame(as: known) { return }
      if fact.kind != known.kind || fact.type != known.type || fact.rank != known.rank { schedule = nil }
      varies[value] = true
      // Where plans fail one after another, nothing is gathered for the next that is made.
      if schedule != nil { changed.append(value) }
    }
    facts[value] = fact
    for reader in links.readers(of: value) where reader >= start { stale.insert(Int(reader)) }
  }

  // MARK: Plans

  /// The plan of what was found: of the schedule of the plan before, where only sizes are others.
  private func makePlan(_ program: Program) -> Plan {
    let end = cut.map { $0 + 1 } ?? program.steps.count
    let known = schedule
    let schedule = known ?? Schedule(program, visits[..<(end - start)], facts, start: start)
    if known == nil {
      shapes = [Shape](repeating: .scalar, count: schedule.placements.count)
      buffers = schedule.buffers
      for i in shapes.indices { measure(schedule.placements[i], i) }
      memory = MemoryPlan(buffers)
    } else {
      var hasMoved = false
      for value in changed {
        if let i = schedule.placement(of: value), measure(schedule.placements[i], i) { hasMoved = true }
      }
      if hasMoved { memory = MemoryPlan(buffers) }
    }
    if known == nil || hasFolded { folded = schedule.folded.map { facts[$0]!.value! } }
    if known == nil || hasDescribed {
      outputFacts = schedule.described.map { program.steps[$0].outputs.map { $0 >= 0 ? facts[$0]! : Fact(nil) } }
    }
    self.schedule = schedule
    changed.removeAll(keepingCapacity: true)
    (hasFolded, hasDescribed) = (false, false)
    var scratchByteCount = 0
    for i in 0..<end - start { scratchByteCount = max(scratchByteCount, visits[i].scratchByteCount) }
    return Plan(
      schedule, shapes: shapes, memory: memory, scratchByteCount: scratchByteCount, folded: folded,
      outputFacts: outputFacts, facts: end < program.steps.count ? facts : [], depth: depth)
  }

  /// Takes the shape and the size of a value over into what plans are made of, where it is placement `i`; true where its
  /// buffer has another size now.
  @discardableResult
  private func measure(_ placement: Schedule.Placement, _ i: Int) -> Bool {
    let fact = facts[placement.value]!
    shapes[i] = Shape(fact.shape)
    var byteCount = fact.type.byteCount(shapes[i].count)
    if varies[placement.value] { byteCount = MemoryPlan.roomy(byteCount) }
    if buffers[placement.buffer].byteCount == byteCount { return false }
    buffers[placement.buffer].byteCount = byteCount
    return true
  }

  // MARK: Folding

  private func isFoldable(_ step: Program.Step, _ inputs: Facts, _ outputs: [Fact]) -> Bool {
    guard !step.evaluation.row.traits.contains(.random),
      step.memory != .view || inputs[optional: 0]?.value != nil
    else {
      return false
    }
    // `infer` itself may know the elements: Shape does.
    if outputs.allSatisfy({ $0.value != nil }) { return true }
    for i in 0..<inputs.count {
      if step.inputs[i] >= 0, inputs[optional: i]?.value == nil { return false }
    }
    var byteCount = 0
    for output in outputs {
      guard output.isShaped else { return false }
      byteCount += min(output.type == .string ? .max : output.type.byteCount(output.count), Planner.foldingLimit)
      if byteCount >= Planner.foldingLimit { return false }
    }
    return true
  }

  private func fold(
    _ step: Program.Step, _ outputs: [Fact], _ program: Program, _ allocator: Allocator
  ) throws(RuntimeError) {
    let inputs = step.inputs.map { $0 >= 0 ? facts[$0] : nil }
    let tensors = try step.evaluation.fold(outputs, inputs: inputs, platform: .serial, allocator: allocator)
    for (output, tensor) in zip(step.outputs, tensors) where output >= 0 { set(output, Fact(tensor), program.links) }
  }
}

extension Program {
  /// Node `index` as errors name it, with the shapes of its inputs.
  func place(of index: Int, facts: [Fact?]) -> RuntimeError.Node {
    let node = steps[index].evaluation.node
    return RuntimeError.Node(
      name: node.name, opType: node.opType, opset: node.opset,
      inputShapes: node.inputs.map { $0 >= 0 ? facts[$0]?.dims ?? [] : [] })
  }
}
