import GraphIR
import Kernels
import Tensors

/// The indices of the elements that are not 0: [rank, count].
///
/// <https://onnx.ai/onnx/operators/onnx__NonZero.html>
struct NonZero: OperatorKernel {
  init(_ site: Site) {}

  func infer(_ inputs: Facts) -> [Fact] { [Fact(.int64, [max(inputs[0].rank, 1), -1])] }

  func measure(_ call: Call) -> [[Int]] {
    [[max(call.inputs[0].shape.rank, 1), countNonZero(call.inputs[0])]]
  }

  func run(_ call: Call) { nonZeroIndices(call.inputs[0], into: call.outputs[0]) }
}
