import GraphIR
import Tensors

/// Runs a subgraph on each element of a sequence, and of the other inputs that are sequences; its outputs are sequences
/// of what each yields.
///
/// <https://onnx.ai/onnx/operators/onnx__SequenceMap.html>
struct SequenceMap: ControlFlowKernel {
  private let body: Int

  init(_ site: Site) throws(RuntimeError) {
    body = try site.body("body")
    let graph = site.node.bodies[body]
    guard graph.formalCount == site.inputCount, graph.graph.outputs.count == site.outputCount else {
      throw RuntimeError(
        .invalidGraph, "the body must take %d inputs, it takes %d and yields %d", site.inputCount, graph.formalCount,
        graph.graph.outputs.count)
    }
  }

  func start(_ call: Call) throws(RuntimeError) -> ControlFlowState {
    let inputs = (0..<call.inputs.count).map { call.inputs[value: $0] }
    guard case .sequence(let first) = inputs[0] else {
      throw RuntimeError(.invalidArgument, "input 0 must be a sequence")
    }
    for (i, input) in inputs.enumerated() {
      guard case .sequence(let other) = input, other.elements.count != first.elements.count else { continue }
      throw RuntimeError(
        .invalidArgument, "input %d must be a sequence of %d elements, got %d", i, first.elements.count,
        other.elements.count)
    }
    return State(body: body, inputs: inputs, count: first.elements.count, outputCount: call.outputs.count)
  }

  private final class State: ControlFlowState {
    private let body: Int
    private let inputs: [Value]
    private let count: Int
    private var index = 0
    private var outputs: [[Value]]

    init(body: Int, inputs: [Value], count: Int, outputCount: Int) {
      self.body = body
      self.inputs = inputs
      self.count = count
      outputs = [[Value]](repeating: [], count: outputCount)
    }

    override func next(_ results: [Value]) throws(RuntimeError) -> Action {
      if !results.isEmpty {
        for i in outputs.indices { outputs[i].append(results[i]) }
        index += 1
      }
      if index == count { return .finish(outputs: outputs.map { .sequence(Value.Sequence($0)) }) }
      return .enter(
        body: body,
        inputs: inputs.map { input in
          if case .sequence(let sequence) = input { sequence.elements[index] } else { input }
        })
    }
  }
}
