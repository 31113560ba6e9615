import GraphIR
import Kernels
import Tensors

/// The numbers from `start` to before `limit`, by `delta`.
///
/// <https://onnx.ai/onnx/operators/onnx__Range.html>
struct RangeOperator: OperatorKernel {
  init(_ site: Site) {}

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    for i in 1...2 { try ShapeRules.sameType(inputs[0], inputs[i]) }
    guard let start = inputs[0].value, let limit = inputs[1].value, let delta = inputs[2].value else {
      return [inputs[0].with(dims: [-1])]
    }
    guard start.count == 1, limit.count == 1, delta.count == 1 else {
      throw RuntimeError(
        .invalidArgument, "start, limit and delta must be one number each, got shapes %v, %v and %v",
        shapes: [start.shape.dims, limit.shape.dims, delta.shape.dims])
    }
    let count = rangeCount(start, limit, delta)
    guard let count else { throw RuntimeError(.invalidArgument, "delta must not be 0") }
    return [inputs[0].with(dims: [count])]
  }

  func run(_ call: Call) { range(from: call.inputs[0], by: call.inputs[2], into: call.outputs[0]) }
}
