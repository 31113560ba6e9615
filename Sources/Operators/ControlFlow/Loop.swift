import GraphIR
import Tensors

/// Runs a subgraph up to M times or until it says stop, hands values from one iteration to the next, and stacks what
/// each one yields.
///
/// <https://onnx.ai/onnx/operators/onnx__Loop.html>
struct Loop: ControlFlowKernel {
  private let body: Int
  /// Values handed on from iteration to iteration; the node's first outputs.
  private let carriedCount: Int
  /// What the body declares of the values that are stacked; the node's further outputs.
  private let scanned: [DeclaredValue]

  init(_ site: Site) throws(RuntimeError) {
    body = try site.body("body")
    carriedCount = max(site.inputCount - 2, 0)
    let outputs = site.node.bodies[body].graph.declaredOutputs
    site.types.bodies = TypeRule.Bodies(first: [.int64, .bool], inputStart: 2, outputStart: 1)
    scanned = Array(outputs.dropFirst(1 + carriedCount))
    guard site.node.bodies[body].formalCount == carriedCount + 2, outputs.count > carriedCount else {
      throw RuntimeError(
        .invalidGraph, "the body of a loop over %d values must take %d inputs and yield as many outputs or more",
        carriedCount, carriedCount + 2)
    }
  }

  func start(_ call: Call) throws(RuntimeError) -> ControlFlowState {
    let limit = try call.scalar(0, default: .max)
    let goesOn = try call.condition(1, default: true)
    return State(
      body: body, limit: goesOn ? limit : 0, carried: (0..<carriedCount).map { call.inputs[value: $0 + 2] },
      scans: scanned.map { StackedValues($0) }, allocator: call.allocator)
  }

  private final class State: ControlFlowState {
    private let body: Int
    private let limit: Int
    private var iteration = 0
    private var carried: [Value]
    private let scans: [StackedValues]
    private let allocator: Allocator

    init(body: Int, limit: Int, carried: [Value], scans: [StackedValues], allocator: Allocator) {
      self.body = body
      self.limit = limit
      self.carried = carried
      self.scans = scans
      self.allocator = allocator
    }

    override func next(_ results: [Value]) throws(RuntimeError) -> Action {
      var goesOn = true
      if !results.isEmpty {
        guard let condition = results[0].tensor, condition.type == .bool, condition.count == 1 else {
          throw RuntimeError(.invalidArgument, "the body's first output must be one bool")
        }
        goesOn = condition.bytes.load(as: Bool.self)
        carried = Array(results[1..<1 + carried.count])
        for (scan, value) in zip(scans, results[(1 + carried.count)...]) { try scan.append(value) }
        iteration += 1
      }
      guard goesOn, iteration < limit else {
        var outputs = carried
        for scan in scans { outputs.append(try scan.stacked(axis: 0, isReversed: false, allocator)) }
        return .finish(outputs: outputs)
      }
      let number = try allocator.tensor(.int64, .scalar)
      number.elements(Int64.self)[0] = Int64(iteration)
      let condition = try allocator.tensor(.bool, .scalar)
      condition.elements(Bool.self)[0] = true
      return .enter(body: body, inputs: [.tensor(number), .tensor(condition)] + carried)
    }
  }
}
