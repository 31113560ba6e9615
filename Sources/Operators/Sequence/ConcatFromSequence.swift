import GraphIR
import Kernels
import Tensors

/// The tensors of a sequence, joined along an axis or stacked along a new one.
///
/// <https://onnx.ai/onnx/operators/onnx__ConcatFromSequence.html>
struct ConcatFromSequence: OperatorKernel {
  private let axis: Int
  private let isNewAxis: Bool

  init(_ site: Site) throws(RuntimeError) {
    axis = try site.required("axis", site.node.attributes.int("axis"))
    isNewAxis = try site.flag("new_axis")
  }

  func infer(_ inputs: Facts) -> [Fact] { [.anything] }

  func run(_ call: Call) throws(RuntimeError) {
    let tensors = try call.sequence(0).compactMap { $0.tensor }
    guard let first = tensors.first else {
      throw RuntimeError(.invalidArgument, "a sequence to be joined must not be empty")
    }
    let rank = first.shape.rank + (isNewAxis ? 1 : 0)
    guard rank > 0 else { throw RuntimeError(.invalidArgument, "scalars need a new axis to be joined") }
    let axis = try ShapeRules.axis(axis, rank: rank)
    let shapes = tensors.map { tensor in
      var dims = tensor.shape.dims
      if isNewAxis { dims.insert(1, at: axis) }
      return dims
    }
    var dims = shapes[0]
    dims[axis] = 0
    for (tensor, shape) in zip(tensors, shapes) {
      var others = shape
      if shape.count == rank {
        dims[axis] += shape[axis]
        others[axis] = dims[axis]
      }
      guard others == dims, tensor.type == first.type else {
        throw RuntimeError(
          .invalidArgument, "shapes %v and %v must agree but for axis %d", shapes: shapes[0], shape, axis)
      }
    }
    let result = try call.allocator.tensor(first.type, Shape(dims))
    let steps = result.shape.strides
    var at = 0
    for (tensor, shape) in zip(tensors, shapes) {
      copyStrided(tensor, 0, shape.packedStrides, to: result, at, steps, dims: shape, on: call.platform)
      at += shape[axis] * steps[axis]
    }
    call.outputs[value: 0] = .tensor(result)
  }
}
