import GraphIR
import Kernels
import Tensors

/// Every window of a size along an axis, as a new last dim: [..., length, ...] becomes [..., windows, ..., size].
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.UnfoldTensor>
struct UnfoldTensor: OperatorKernel {
  private let axis: Int
  private let size: Int
  private let step: Int

  init(_ site: Site) throws(RuntimeError) {
    axis = try site.int("dim", default: -1)
    size = try site.required("size", site.node.attributes.int("size"))
    step = try site.int("step", default: 1)
    guard size > 0, step > 0 else {
      throw RuntimeError(.invalidGraph, "size and step must be above 0, got %d and %d", size, step)
    }
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    var dims = inputs[0].shape
    try ShapeRules.rank(inputs[0], atLeast: 1)
    let axis = try ShapeRules.axis(axis, rank: dims.count)
    guard size <= dims[axis] else {
      throw RuntimeError(.invalidArgument, "windows of %d do not fit dim %d of %v", shape: dims, size, axis)
    }
    dims[axis] = (dims[axis] - size) / step + 1
    return [inputs[0].with(dims: dims + [size])]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (x, output) = (call.inputs[0], call.outputs[0])
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank)
    var steps = x.shape.strides
    steps.append(steps[axis])
    // A single window goes nowhere.
    steps[axis] = output.shape[axis] == 1 ? 0 : steps[axis] * step
    copyStrided(x, 0, steps, to: output, 0, output.shape.strides, dims: output.shape.dims, on: call.platform)
  }
}
