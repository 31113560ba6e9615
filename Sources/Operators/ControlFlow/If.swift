import GraphIR
import Tensors

/// Runs one of two subgraphs, whose outputs may differ in shape.
///
/// <https://onnx.ai/onnx/operators/onnx__If.html>
struct If: ControlFlowKernel {
  private let thenBody: Int
  private let elseBody: Int

  init(_ site: Site) throws(RuntimeError) {
    thenBody = try site.body("then_branch")
    elseBody = try site.body("else_branch")
    for body in site.node.bodies where body.formalCount != 0 || body.graph.outputs.count != site.outputCount {
      throw RuntimeError(
        .invalidGraph, "a branch must take no inputs and yield %d outputs, it takes %d and yields %d", site.outputCount,
        body.formalCount, body.graph.outputs.count)
    }
  }

  func start(_ call: Call) throws(RuntimeError) -> ControlFlowState {
    State(body: try call.condition(0, default: true) ? thenBody : elseBody)
  }

  private final class State: ControlFlowState {
    private let body: Int
    private var isEntered = false

    init(body: Int) { self.body = body }

    override func next(_ results: [Value]) throws(RuntimeError) -> Action {
      if isEntered { return .finish(outputs: results) }
      isEntered = true
      return .enter(body: body, inputs: [])
    }
  }
}
