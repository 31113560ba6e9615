import GraphIR
import Kernels
import Tensors

/// Joins tensors along an axis; all other dims agree.
///
/// <https://onnx.ai/onnx/operators/onnx__Concat.html>
struct Concat: OperatorKernel {
  private let axis: Int

  init(_ site: Site) throws(RuntimeError) {
    // Opset 1 had a default.
    axis = try site.opset < 4 ? site.int("axis", default: 1) : site.required("axis", site.node.attributes.int("axis"))
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let first = inputs[0]
    try ShapeRules.rank(first, atLeast: 1)
    let axis = try ShapeRules.axis(axis, rank: first.rank)
    var dims = first.shape
    for i in 1..<max(inputs.count, 1) {
      var others = inputs[i].shape
      if others.count == dims.count {
        dims[axis] += others[axis]
        others[axis] = dims[axis]
      }
      guard others == dims else {
        throw RuntimeError(
          .invalidArgument, "shapes %v and %v must agree but for axis %d", shapes: first.shape, inputs[i].shape, axis)
      }
    }
    return [first.with(dims: dims)]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let out = call.outputs[0]
    let axis = try ShapeRules.axis(axis, rank: out.shape.rank)
    let steps = out.shape.strides
    var at = 0
    for i in 0..<call.inputs.count {
      let x = call.inputs[i]
      copyStrided(x, 0, x.shape.strides, to: out, at, steps, dims: x.shape.dims, on: call.platform)
      at += x.shape[axis] * steps[axis]
    }
  }
}
