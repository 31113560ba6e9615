import GraphIR
import Kernels
import Tensors

/// Takes each element from one tensor or another, as a condition says.
///
/// <https://onnx.ai/onnx/operators/onnx__Where.html>
struct Where: OperatorKernel {
  static let isElementwise = true

  init(_ site: Site) {}

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let branches = try ShapeRules.broadcast(inputs[1].shape, inputs[2].shape)
    return [inputs[1].with(dims: try ShapeRules.broadcast(inputs[0].shape, branches))]
  }

  func run(_ call: Call) {
    Kernels.select(call.inputs[0], call.inputs[1], call.inputs[2], into: call.outputs[0], on: call.platform)
  }
}
