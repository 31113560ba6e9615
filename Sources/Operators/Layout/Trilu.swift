import GraphIR
import Kernels
import Tensors

/// Keeps the upper or lower triangle of the last two dimensions and zeroes the rest.
///
/// <https://onnx.ai/onnx/operators/onnx__Trilu.html>
struct Trilu: OperatorKernel {
  private let upper: Bool

  init(_ site: Site) throws(RuntimeError) { upper = try site.flag("upper", default: true) }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    try ShapeRules.rank(inputs[0], atLeast: 2)
    return [inputs[0].withoutValue]
  }

  func run(_ call: Call) throws(RuntimeError) {
    trilu(call.inputs[0], into: call.outputs[0], diagonal: try call.scalar(1, default: 0), upper: upper)
  }
}
