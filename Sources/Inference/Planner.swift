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

  /// What was found of a node.
  struct Visit {
    /// How it is run; nil where nothing is left to do at a run.
    var manner: Plan.Step.Manner?
    /// What the node needs beside its inputs and outputs.
    var scratchByteCount = 0
  }

  /// The first node of its plans.
  let start: Int
  private let depth: Int

  private var facts: [Fact?]
  /// Whether the fact of a value is another than in the plan before.
  private var isChanged: [Bool] = []
  /// Whether a value is made by a node from `start` on.
  private var isMadeHere: [Bool]
  /// What was found of each node from `start` on.
  private var visits: [Visit]
  /// What `facts` and `visits` say of the nodes before this one goes together.
  private var end: Int
  /// Whether the plan must be cut at `end`.
  private var isCut = false

  /// One that has planned nothing yet, for a program whose nodes before `start` have given `facts`.
  init(_ program: Program, from start: Int, depth: Int, facts: [Fact?]) {
    self.start = start
    self.depth = depth
    self.facts = facts
    isMadeHere = [Bool](repeating: false, count: facts.count)
    visits = [Visit](repeating: Visit(), count: program.steps.count - start)
    end = start
  }

  /// The plan for inputs with `known` facts.
  func plan(
    _ program: Program, _ known: [(value: ValueID, fact: Fact)], platform: Platform, allocator: Allocator
  ) throws(RuntimeError) -> Plan {
    isChanged = [Bool](repeating: false, count: facts.count)
    for (value, fact) in known { set(value, fact) }
    return try walk(program, platform, allocator)
  }

  /// The plan that goes on where `plan` was cut; `known` are the facts of what was open.
  func plan(
    _ program: Program, goingOnFrom plan: Plan, _ known: [(value: ValueID, fact: Fact)], platform: Platform,
    allocator: Allocator
  ) throws(RuntimeError) -> Plan {
    isChanged = [Bool](repeating: false, count: facts.count)
    for value in facts.indices where !isMadeHere[value] {
      if let fact = plan.facts[value] { set(value, fact) }
    }
    for (value, fact) in known { set(value, fact) }
    return try walk(program, platform, allocator)
  }

  private func walk(
    _ program: Program, _ platform: Platform, _ allocator: Allocator
  ) throws(RuntimeError) -> Plan {
    let (knownEnd, wasCut) = (end, isCut)
    end = start
    isCut = false
    while end < program.steps.count, !isCut {
      let step = program.steps[end]
      if end >= knownEnd || step.inputs.contains(where: { $0 >= 0 && isChanged[$0] }) {
        if let twin = step.twin, twin >= start, repeats(program.steps[twin], step) {
          visits[end - start] = visits[twin - start]
        } else {
          do throws(RuntimeError) {
            isCut = try visit(step, &visits[end - start], platform, allocator)
          } catch {
            throw error.at(program.place(of: end, facts: facts))
          }
        }
      } else {
        isCut = wasCut && end == knownEnd - 1
      }
      end += 1
    }
    return Plan(program, visits[..<(end - start)], facts, start: start, depth: depth)
  }

  /// Plans one node; true where the plan must be cut behind it.
  private func visit(
    _ step: Program.Step, _ visit: inout Visit, _ platform: Platform, _ allocator: Allocator
  ) throws(RuntimeError) -> Bool {
    visit = Visit()
    for output in step.outputs where output >= 0 { isMadeHere[output] = true }
    if step.outputs.allSatisfy({ $0 < 0 }) { return false }
    if step.isControlFlow {
      visit.manner = .controlFlow
      return true
    }
    let inputs = Facts(step.inputs.map { $0 >= 0 ? facts[$0] : nil })
    let outputs = try step.evaluation.infer(inputs)
    if isFoldable(step, inputs, outputs) {
      try fold(step, outputs, allocator)
      return false
    }
    for (output, fact) in zip(step.outputs, outputs) where output >= 0 { set(output, fact.withoutValue) }

    let isOpen = outputs.contains { ($0.kind == .tensor && !$0.isShaped) || $0.kind == .optional }
    let isFresh = isOpen || outputs.contains { $0.kind != .tensor || $0.type == .string }
    if step.memory == .view, !isFresh {
      visit.manner = .view
      return false
    }
    visit.manner = isFresh ? .fresh : .run
    visit.scratchByteCount = step.evaluation.kernel.scratchByteCount(inputs, platform.threadCount)
    return isOpen
  }

  /// Gives the outputs of a node the facts of another's, which was planned, if the inputs of both have the same.
  private func repeats(_ twin: Program.Step, _ step: Program.Step) -> Bool {
    for i in step.inputs.indices where step.inputs[i] >= 0 {
      guard let fact = facts[step.inputs[i]], let other = facts[twin.inputs[i]], fact.isSame(as: other) else {
        return false
      }
    }
    for i in step.outputs.indices where step.outputs[i] >= 0 {
      isMadeHere[step.outputs[i]] = true
      set(step.outputs[i], facts[twin.outputs[i]]!)
    }
    return true
  }

  private func set(_ value: ValueID, _ fact: Fact) {
    if let known = facts[value], fact.isSame(as: known) {
      isChanged[value] = false
    } else {
      isChanged[value] = true
      facts[value] = fact
    }
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

  private func fold(_ step: Program.Step, _ outputs: [Fact], _ allocator: Allocator) throws(RuntimeError) {
    let inputs = step.inputs.map { $0 >= 0 ? facts[$0] : nil }
    let tensors = try step.evaluation.fold(outputs, inputs: inputs, platform: .serial, allocator: allocator)
    for (output, tensor) in zip(step.outputs, tensors) where output >= 0 { set(output, Fact(tensor)) }
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
