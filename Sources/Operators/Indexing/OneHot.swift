import GraphIR
import Kernels
import Tensors

/// A new axis in which one place, the index, has another value than all others.
///
/// <https://onnx.ai/onnx/operators/onnx__OneHot.html>
struct OneHot: OperatorKernel {
  private let axis: Int

  init(_ site: Site) throws(RuntimeError) { axis = try site.int("axis", default: -1) }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (indices, values) = (inputs[0], inputs[2])
    guard values.shape == [2] else {
      throw RuntimeError(.invalidArgument, "values must be of shape [2], got %v", shape: values.shape)
    }
    var dims = indices.shape
    let axis = try ShapeRules.axis(axis, rank: dims.count + 1)
    var depth = -1
    if let given = inputs[1].value {
      guard let number = given.number, number >= 0, number < 0x1p62 else {
        throw RuntimeError(
          .invalidArgument, "depth must be one number of 0 or more, got shape %v", shape: inputs[1].shape)
      }
      depth = Int(clamping: Int64(number))
    }
    dims.insert(depth, at: axis)
    return [values.with(dims: dims)]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let out = call.outputs[0]
    let axis = try ShapeRules.axis(axis, rank: out.shape.rank)
    oneHot(call.inputs[0], depth: out.shape[axis], values: call.inputs[2], axis: axis, into: out)
  }
}
