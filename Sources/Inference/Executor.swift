import GraphIR
import Kernels
import Operators
import Tensors

/// One run in progress: a loop over steps that can stop after any of them and go on later. When it is over, another may
/// begin on the same executor, and one of the same shapes allocates nothing of its own.
///
/// If, Loop and Scan push frames on the executor's own stack, so cancelling, yielding and limits work inside them.
final class Executor {
  /// A program being run.
  private struct Frame {
    let program: Program
    var plan: Plan
    var nextStep = 0
    /// Set while a body runs for the control-flow step before `nextStep`.
    var controlFlow: ControlFlowState?
  }

  private let program: Program
  private let platform: Platform
  private let allocator: Allocator
  /// Takes the time of each step while there is one.
  var profile: Profile?
  private var frames: [Frame] = []
  private(set) var scratch: Storage
  /// Values of the main graph that are asked for besides its outputs, and copies of those that other values take the
  /// place of.
  private var taps: [ValueID] = []
  private var tapped: [Value] = []
  private var isAbandoned = false
  /// What the main graph answered, in the order of its outputs, and then what `taps` asked for, once `advance` has said
  /// true.
  ///
  /// Tensors may lie in the session's arena and hold until its next run.
  private(set) var results: [Value] = []

  /// The node that the next step runs; at the end of a body, the node that the body belongs to.
  var next: RuntimeError.Node? {
    guard let top = frames.last else { return nil }
    let index = top.nextStep < top.plan.steps.count ? top.plan.steps[top.nextStep].node : top.plan.end
    if index < top.program.steps.count { return top.program.steps[index].place }
    guard let outer = frames.dropLast().last else { return nil }
    return outer.program.steps[outer.plan.steps[outer.nextStep - 1].node].place
  }

  init(_ program: Program, platform: Platform, allocator: Allocator, scratch: Storage, profile: Profile?) {
    self.program = program
    self.platform = platform
    self.allocator = allocator
    self.scratch = scratch
    self.profile = profile
  }

  /// One for further runs, where somebody still looks at this one.
  init(replacing other: Executor) {
    program = other.program
    platform = other.platform
    allocator = other.allocator
    scratch = other.scratch
    profile = other.profile
  }

  /// Begins a run. The one before must be over.
  func begin(inputs: [Value], taps: [ValueID]) throws(RuntimeError) {
    assert(frames.isEmpty)
    dropResults()
    isAbandoned = false
    self.taps = taps
    for _ in taps { tapped.append(.none) }
    do throws(RuntimeError) {
      try push(program, inputs: inputs)
    } catch {
      frames.removeAll()
      program.forgetRun()
      throw error
    }
  }

  /// Runs up to `stepLimit` steps; true when the run is complete. The end of a body is a step too, since a body may
  /// have no other.
  func advance(_ stepLimit: Int = .max) throws(RuntimeError) -> Bool {
    if isAbandoned { throw RuntimeError(.cancelled, "the run was given up") }
    var left = stepLimit
    while let top = frames.indices.last {
      let isAtEnd = frames[top].nextStep == frames[top].plan.steps.count
      if isAtEnd, try continueAfterCut(top) { continue }
      if left == 0, !isAtEnd || top > 0 { return false }
      left -= 1
      if isAtEnd { try pop() } else { try runStep(top) }
    }
    return true
  }

  /// Forgets an unfinished run, so that the session can be used again; a finished one keeps its results.
  func abandon() {
    if frames.isEmpty { return }
    isAbandoned = true
    while let frame = frames.popLast() { frame.program.forgetRun() }
  }

  func dropResults() {
    results.removeAll(keepingCapacity: true)
    tapped.removeAll(keepingCapacity: true)
  }

  // MARK: Frames

  private func push(_ program: Program, inputs: [Value]) throws(RuntimeError) {
    for (id, value) in zip(program.graph.inputs, inputs) where id >= 0 { program.slots[id] = value }
    let plan = try program.plan(for: inputs, platform: platform, allocator: allocator)
    frames.append(Frame(program: program, plan: plan))
    try activate(plan, of: program)
  }

  /// Gives the plan's values their places, as far as they do not have them since the last run.
  private func activate(_ plan: Plan, of program: Program) throws(RuntimeError) {
    var before: Plan?
    if plan.depth < program.active.count {
      before = program.active[plan.depth]
      if before === plan { return }
      program.active.removeLast(program.active.count - plan.depth)
    }
    let isMoved = try program.reserveArena(plan.depth, plan.arenaByteCount, allocator)
    if isMoved || before?.schedule !== plan.schedule { before = nil }
    let arena = program.arenas[plan.depth]
    for i in plan.schedule.placements.indices {
      if let before, plan.places(i, as: before) { continue }
      let slot = program.slots + plan.schedule.placements[i].value
      slot.pointee = .tensor(plan.tensor(i, in: arena, before: slot.pointee))
    }
    for (i, value) in plan.schedule.folded.enumerated() where before?.folded[i] !== plan.folded[i] {
      program.slots[value] = .tensor(plan.folded[i])
    }
    if scratch.byteCount < plan.scratchByteCount { try allocator.grow(&scratch, to: plan.scratchByteCount) }
    program.active.append(plan)
  }

  /// Goes on with the plan for the shapes that the last step really made; false at the graph's end.
  private func continueAfterCut(_ top: Int) throws(RuntimeError) -> Bool {
    let frame = frames[top]
    guard frame.plan.end < frame.program.steps.count else { return false }
    let next = try frame.program.successor(of: frame.plan, platform: platform, allocator: allocator)
    frames[top].plan = next
    frames[top].nextStep = 0
    try activate(next, of: frame.program)
    return true
  }

  private func pop() throws(RuntimeError) {
    let top = frames.count - 1
    if top == 0 { return finish() }
    let body = frames[top].program
    var outputs: [Value] = []
    for output in body.graph.outputs {
      // The body's arena is written again at the next entry.
      outputs.append(output >= 0 ? try body.detached(body.slots[output], allocator) : .none)
    }
    frames.removeLast()
    body.endRun()
    try advanceControlFlow(top - 1, results: outputs)
  }

  /// Gathers the results of the main graph.
  private func finish() {
    for output in program.graph.outputs { results.append(output >= 0 ? program.slots[output] : .none) }
    for i in taps.indices {
      // What no step has made is in place still: inputs, constants, what was folded.
      if case .none = tapped[i] { tapped[i] = program.slots[taps[i]] }
      results.append(tapped[i])
    }
    frames.removeLast()
    program.endRun()
  }

  // MARK: Steps

  private func runStep(_ top: Int) throws(RuntimeError) {
    let program = frames[top].program
    let planned = frames[top].plan.steps[frames[top].nextStep]
    let step = program.steps[planned.node]
    frames[top].nextStep += 1
    let started = profile?.clock() ?? 0
    do throws(RuntimeError) {
      switch planned.manner {
      case .run:
        try step.evaluation.kernel.run(call(step, program))
      case .placed:
        break
      case .view:
        let source = program.slots[step.inputs[0]].tensor!
        let fact = frames[top].plan.outputFacts[planned.facts][0]
        program.slots[step.outputs[0]] = .tensor(source.reshaped(Shape(fact.shape)))
      case .fresh:
        try runFresh(step, frames[top].plan.outputFacts[planned.facts], program)
      case .controlFlow:
        frames[top].controlFlow = try step.evaluation.kernel.start!(call(step, program))
      }
    } catch {
      throw error.at(program.place(of: planned.node, facts: program.liveFacts))
    }
    if let profile { profile.record(step.evaluation.node, profile.clock() - started) }
    if planned.manner == .controlFlow {
      try advanceControlFlow(top, results: [])
    } else if top == 0, !taps.isEmpty {
      try tap(step.outputs, of: program)
    }
  }

  /// Copies what is asked for of the outputs that a step of the main graph has made: later steps may write over them.
  private func tap(_ outputs: [ValueID], of program: Program) throws(RuntimeError) {
    for (i, value) in taps.enumerated() where outputs.contains(value) {
      tapped[i] = try program.detached(program.slots[value], allocator)
    }
  }

  private func call(_ step: Program.Step, _ program: Program) -> Call {
    Call(
      inputs: Operands(program.slots, step.inputs),
      outputs: Operands(program.slots, step.outputs),
      platform: platform, scratch: scratch.base, allocator: allocator)
  }

  /// Runs a step whose outputs could not be placed before: their shapes come from the data that is there now.
  private func runFresh(_ step: Program.Step, _ planned: [Fact], _ program: Program) throws(RuntimeError) {
    var outputs = planned
    if outputs.contains(where: { $0.kind == .tensor && !$0.isShaped }) {
      let inputs = Facts(step.inputs.map { $0 >= 0 ? program.liveFact($0, withElements: true) : nil })
      outputs = try step.evaluation.infer(inputs)
      if outputs.contains(where: { $0.kind == .tensor && !$0.isShaped }) {
        let shapes = try step.evaluation.kernel.measure(call(step, program))
        for i in outputs.indices where i < shapes.count { outputs[i].dims = shapes[i] }
      }
      let scratchByteCount = step.evaluation.kernel.scratchByteCount(inputs, platform.threadCount)
      if scratch.byteCount < scratchByteCount { try allocator.grow(&scratch, to: scratchByteCount) }
    }
    if step.memory == .view {
      var value = program.slots[step.inputs[0]]
      if case .tensor(let source) = value { value = .tensor(source.reshaped(Shape(outputs[0].shape))) }
      program.slots[step.outputs[0]] = value
      return
    }
    for (output, fact) in zip(step.outputs, outputs) where output >= 0 {
      let isPlaced = fact.kind == .tensor && fact.isShaped
      program.slots[output] = isPlaced ? .tensor(try allocator.tensor(fact.type, Shape(fact.shape))) : .none
    }
    try step.evaluation.kernel.run(call(step, program))
  }

  // MARK: Control flow

  /// Asks the control-flow operator at the top frame what comes next, and does it.
  private func advanceControlFlow(_ top: Int, results: [Value]) throws(RuntimeError) {
    let frame = frames[top]
    let index = frame.plan.steps[frame.nextStep - 1].node
    let step = frame.program.steps[index]
    do throws(RuntimeError) {
      switch try frame.controlFlow!.next(results) {
      case .enter(let body, var inputs):
        for capture in step.evaluation.node.bodies[body].captures { inputs.append(frame.program.slots[capture]) }
        try push(step.bodies[body], inputs: inputs)
      case .finish(let outputs):
        frames[top].controlFlow = nil
        guard outputs.count >= step.outputs.count else {
          throw RuntimeError(
            .invalidGraph, "the operator has %d outputs, got %d", outputs.count, step.outputs.count)
        }
        for (output, value) in zip(step.outputs, outputs) where output >= 0 {
          frame.program.slots[output] = value
        }
        if top == 0 { try tap(step.outputs, of: frame.program) }
      }
    } catch {
      throw error.at(frame.program.place(of: index, facts: frame.program.liveFacts))
    }
  }
}

extension Program {
  /// How many plans are kept: a decoder has a new shape each token, an image model one or two.
  private static let planLimit = 8

  func plan(for inputs: [Value], platform: Platform, allocator: Allocator) throws(RuntimeError) -> Plan {
    if let at = plans.lastIndex(where: { $0.signature.isSignature(of: inputs) }) {
      if at != plans.count - 1 { plans.append(plans.remove(at: at)) }
      return plans[plans.count - 1].plan
    }
    var known: [(value: ValueID, fact: Fact)] = []
    for (id, value) in zip(graph.inputs, inputs) where id >= 0 {
      // What is known of one key of a decoder is known of all.
      let fact = Fact(value)
      let last = known.last?.fact ?? fact
      known.append((id, last.isSame(as: fact) ? last : fact))
    }
    let plan = try planner(from: 0, depth: 0, facts: constantFacts)
      .plan(self, known, platform: platform, allocator: allocator)
    if plans.count == Program.planLimit { plans.removeFirst() }
    plans.append((Signature(inputs), plan))
    return plan
  }

  func successor(of plan: Plan, platform: Platform, allocator: Allocator) throws(RuntimeError) -> Plan {
    let outputs = steps[plan.end - 1].outputs.filter { $0 >= 0 }
    let made = outputs.map { Fact(slots[$0]) }
    var signature: Signature = []
    for fact in made { signature.append(fact) }
    if let known = plan.successors.first(where: { $0.signature == signature }) { return known.plan }
    let next = try planner(from: plan.end, depth: plan.depth + 1, facts: plan.facts)
      .plan(
        self, goingOnFrom: plan, zip(outputs, made).map { (value: $0, fact: $1) }, platform: platform,
        allocator: allocator)
    if plan.successors.count == Program.planLimit { plan.successors.removeFirst() }
    plan.successors.append((signature, next))
    return next
  }

  /// The planner for plans from node `start` on; the one that such a plan was made with last, if there is one.
  private func planner(from start: Int, depth: Int, facts: [Fact?]) -> Planner {
    if depth < planners.count, planners[depth].start == start { return planners[depth] }
    let planner = Planner(self, from: start, depth: depth, facts: facts)
    if depth < planners.count { planners[depth] = planner } else { planners.append(planner) }
    return planner
  }

  /// Makes sure of so many bytes for plans of one depth; true where they lie elsewhere than before.
  func reserveArena(_ depth: Int, _ byteCount: Int, _ allocator: Allocator) throws(RuntimeError) -> Bool {
    while arenas.count <= depth { arenas.append(try allocator.allocate(byteCount: 0)) }
    if arenas[depth].byteCount >= byteCount { return false }
    // The old arena goes first, and who still shows on it: the two need not be there at once.
    for id in 0..<graph.values.count {
      if case .tensor(let tensor) = slots[id], tensor.storage === arenas[depth] { slots[id] = .none }
    }
    try allocator.grow(&arenas[depth], to: byteCount)
    return true
  }

  /// The value in memory that outlives the next run of this program.
  func detached(_ value: Value, _ allocator: Allocator) throws(RuntimeError) -> Value {
    guard case .tensor(let tensor) = value, arenas.contains(where: { $0 === tensor.storage }) else { return value }
    return .tensor(try tensor.copied(allocator))
  }

  /// Lets go of what the run that is complete was fed and of what it made. Values of the arena stay in their places.
  func endRun() {
    for id in graph.inputs where id >= 0 { slots[id] = constants[id] }
    for plan in active {
      for id in plan.schedule.transients { slots[id] = .none }
    }
  }

  /// Lets go of everything, wherever the run has stopped.
  func forgetRun() {
    for id in 0..<graph.values.count { slots[id] = constants[id] }
    active.removeAll()
  }

  /// What slot `id` holds now; of a weight that was packed its type and shape.
  func liveFact(_ id: ValueID, withElements: Bool = false) -> Fact {
    if case .none = slots[id], let constant = graph.values[id].constant {
      return Fact(constant.type, constant.shape.dims)
    }
    return Fact(slots[id], isConstant: withElements)
  }

  /// What the slots hold now, for error messages.
  var liveFacts: [Fact?] { (0..<graph.values.count).map { liveFact($0) } }
}

extension Allocator {
  /// Puts memory of at least so many bytes in the place of other memory, whose contents go; it goes first, since the two
  /// need not be there at once.
  fileprivate func grow(_ storage: inout Storage, to byteCount: Int) throws(RuntimeError) {
    // Shapes that grow once grow again, as a decoder's do at each token.
    let roomy = max(byteCount, storage.byteCount / 4 * 5)
    storage = try allocate(byteCount: 0)
    if let room = try? allocate(byteCount: roomy) {
      storage = room
    } else {
      storage = try allocate(byteCount: byteCount)
    }
  }
}
