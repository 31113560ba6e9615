import GraphIR
import Kernels
import Operators
import Tensors

/// Makes a plan in one walk over the nodes: infers, folds, and gives every value a buffer.
///
/// A plan made before is read along with the walk. What it says of a node whose inputs have the same facts is taken from
/// there, so that a decoder whose past grows by a token plans no more than what the past reaches.
struct Planner {
  /// Folded values above this many bytes are computed at each run instead: plans are many, memory is not.
  static let foldingLimit = 1 << 16

  private let program: Program
  private let platform: Platform
  private let allocator: Allocator
  private let depth: Int

  private var facts: [Fact?]
  private let before: Plan?
  /// The first step and the first folded value of the plan before that belong to no node visited yet.
  private var stepBefore = 0
  private var foldedBefore = 0
  /// Whether the fact of a value is another than in the plan before.
  private var isChanged: [Bool]
  private var steps: [Plan.Step] = []
  private var folded: [(value: ValueID, tensor: Tensor)] = []
  private var scratchByteCount = 0

  private var buffers: [MemoryPlan.Buffer] = []
  /// The buffer each value lies in, or -1 where that is not of this plan.
  private var bufferOf: [Int]
  /// The places of values; offsets are those of their buffers once all buffers are known.
  private var placements: [Plan.Placement] = []

  /// The plan for inputs with `known` facts.
  static func plan(
    _ program: Program, _ known: [(value: ValueID, fact: Fact)], after before: Plan?, platform: Platform,
    allocator: Allocator
  ) throws(RuntimeError) -> Plan {
    // What the plan before says holds until a node is visited, and most are as they were.
    var planner = Planner(
      program, before?.facts ?? program.constantFacts, depth: 0, after: before, platform: platform,
      allocator: allocator)
    planner.isChanged = [Bool](repeating: before == nil, count: planner.facts.count)
    for (value, fact) in known { planner.set(value, fact) }
    return try planner.walk(from: 0)
  }

  /// The plan that goes on where `plan` was cut, as does the one `before`; `known` are the facts of what was open.
  static func plan(
    _ program: Program, goingOnFrom plan: Plan, _ known: [(value: ValueID, fact: Fact)], after before: Plan?,
    platform: Platform, allocator: Allocator
  ) throws(RuntimeError) -> Plan {
    var planner = Planner(
      program, plan.facts, depth: plan.depth + 1, after: before, platform: platform, allocator: allocator)
    for (value, fact) in known { planner.facts[value] = fact }
    planner.isChanged = planner.facts.indices.map { Planner.isChanged($0, planner.facts[$0], from: before) }
    return try planner.walk(from: plan.end)
  }

  @inline(never)
  private init(
    _ program: Program, _ facts: [Fact?], depth: Int, after before: Plan?, platform: Platform, allocator: Allocator
  ) {
    self.program = program
    self.facts = facts
    self.before = before
    isChanged = []
    self.depth = depth
    self.platform = platform
    self.allocator = allocator
    bufferOf = [Int](repeating: -1, count: facts.count)
    steps.reserveCapacity(before?.steps.count ?? program.steps.count)
    placements.reserveCapacity(before?.placements.count ?? program.steps.count)
    buffers.reserveCapacity(before?.placements.count ?? program.steps.count)
  }

  private mutating func walk(from start: Int) throws(RuntimeError) -> Plan {
    var node = start
    var isCut = false
    while node < program.steps.count, !isCut {
      do throws(RuntimeError) {
        isCut = try visit(node)
      } catch {
        throw error.at(program.place(of: node, facts: facts))
      }
      node += 1
    }
    let memory = MemoryPlan(buffers)
    for i in placements.indices { placements[i].offset = memory.offsets[bufferOf[placements[i].value]] }
    var transients: [ValueID] = []
    for step in steps where step.manner != .run {
      for output in program.steps[step.node].outputs where output >= 0 { transients.append(output) }
    }
    return Plan(
      steps: steps, placements: placements, folded: folded, transients: transients, arenaByteCount: memory.byteCount,
      scratchByteCount: scratchByteCount, facts: facts, start: start, end: node, depth: depth)
  }

  /// Plans one node; true where the plan must be cut behind it.
  private mutating func visit(_ index: Int) throws(RuntimeError) -> Bool {
    let step = program.steps[index]
    if step.outputs.allSatisfy({ $0 < 0 }) { return false }
    if step.isControlFlow {
      steps.append(Plan.Step(node: index, manner: .controlFlow, outputFacts: []))
      return true
    }
    if repeatsBefore(step, at: index) { return false }
    let inputs = Facts(step.inputs.map { $0 >= 0 ? facts[$0] : nil })
    let outputs = try step.evaluation.infer(inputs)
    if isFoldable(step, inputs, outputs) {
      try fold(step, outputs)
      return false
    }
    for (output, fact) in zip(step.outputs, outputs) where output >= 0 { set(output, fact.withoutValue) }

    let isOpen = outputs.contains { ($0.kind == .tensor && !$0.isShaped) || $0.kind == .optional }
    let isFresh = isOpen || outputs.contains { $0.kind != .tensor || $0.type == .string }
    if step.memory == .view, !isFresh {
      add(Plan.Step(node: index, manner: .view, outputFacts: outputs))
      return false
    }
    let scratchByteCount = step.evaluation.kernel.scratchByteCount(inputs, platform.threadCount)
    add(
      Plan.Step(
        node: index, manner: isFresh ? .fresh : .run, outputFacts: outputs, scratchByteCount: scratchByteCount))
    return isOpen
  }

  /// Appends a step that outlasts no cut, and gives its outputs their places.
  private mutating func add(_ step: Plan.Step) {
    let planned = program.steps[step.node]
    if step.manner == .view { shareBuffer(of: planned.inputs[0], with: planned.outputs[0], at: step.node) }
    if step.manner == .run { place(step.outputFacts, of: planned, at: step.node) }
    scratchByteCount = max(scratchByteCount, step.scratchByteCount)
    steps.append(step)
  }

  // MARK: The plan before

  private static func isChanged(_ value: ValueID, _ fact: Fact?, from before: Plan?) -> Bool {
    guard let fact, let known = before?.facts[value] else { return true }
    return !fact.isSame(as: known)
  }

  private mutating func set(_ value: ValueID, _ fact: Fact) {
    facts[value] = fact
    isChanged[value] = Planner.isChanged(value, fact, from: before)
  }

  /// Takes over what the plan before says of a node, if all that it reads is the same.
  private mutating func repeatsBefore(_ step: Program.Step, at index: Int) -> Bool {
    guard let before else { return false }
    while stepBefore < before.steps.count, before.steps[stepBefore].node < index { stepBefore += 1 }
    let first = foldedBefore
    while foldedBefore < before.folded.count, step.outputs.contains(before.folded[foldedBefore].value) {
      foldedBefore += 1
    }
    let isStep = stepBefore < before.steps.count && before.steps[stepBefore].node == index
    guard isStep || first < foldedBefore, !step.inputs.contains(where: { $0 >= 0 && isChanged[$0] }) else {
      return false
    }
    if isStep {
      guard before.steps[stepBefore].manner == .run || before.steps[stepBefore].manner == .view else { return false }
      add(before.steps[stepBefore])
    }
    folded += before.folded[first..<foldedBefore]
    for output in step.outputs where output >= 0 {
      if depth > 0 { facts[output] = before.facts[output] }
      isChanged[output] = false
    }
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

  private mutating func fold(_ step: Program.Step, _ outputs: [Fact]) throws(RuntimeError) {
    let inputs = step.inputs.map { $0 >= 0 ? facts[$0] : nil }
    let tensors = try step.evaluation.fold(outputs, inputs: inputs, platform: .serial, allocator: allocator)
    for (output, tensor) in zip(step.outputs, tensors) where output >= 0 {
      set(output, Fact(tensor))
      folded.append((output, tensor))
    }
  }

  // MARK: Memory

  private mutating func place(_ outputs: [Fact], of step: Program.Step, at index: Int) {
    for (i, (output, fact)) in zip(step.outputs, outputs).enumerated() where output >= 0 {
      let byteCount = fact.type.byteCount(fact.count)
      if i == 0, step.memory == .inPlace, let input = reusable(step.inputs, for: fact, at: index) {
        shareBuffer(of: input, with: output, at: index)
      } else {
        bufferOf[output] = buffers.count
        buffers.append(MemoryPlan.Buffer(byteCount: byteCount, first: index, last: lastUse(of: output, from: index)))
      }
      placements.append(Plan.Placement(value: output, type: fact.type, shape: Shape(fact.shape)))
    }
  }

  /// The input whose memory the node may overwrite: of this plan, of the output's shape, and read by nobody later; also
  /// not by the node itself as input 2 or further, since the first two may be used up by then.
  private func reusable(_ inputs: [ValueID], for output: Fact, at index: Int) -> ValueID? {
    for input in inputs.prefix(2) where input >= 0 && bufferOf[input] >= 0 {
      let buffer = bufferOf[input]
      guard buffers[buffer].last == index, let fact = facts[input], fact.dims == output.dims,
        fact.type.bitWidth == output.type.bitWidth,
        !inputs.dropFirst(2).contains(where: { $0 >= 0 && bufferOf[$0] == buffer })
      else { continue }
      return input
    }
    return nil
  }

  private mutating func shareBuffer(of input: ValueID, with output: ValueID, at index: Int) {
    let buffer = bufferOf[input]
    bufferOf[output] = buffer
    if buffer >= 0 { buffers[buffer].last = max(buffers[buffer].last, lastUse(of: output, from: index)) }
  }

  private func lastUse(of value: ValueID, from index: Int) -> Int { max(program.lastReads[value], index) }
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
