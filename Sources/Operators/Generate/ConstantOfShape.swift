import GraphIR
import Kernels
import Tensors

/// A tensor of a given shape, all of one value; a float32 0 where none is given.
///
/// <https://onnx.ai/onnx/operators/onnx__ConstantOfShape.html>
struct ConstantOfShape: OperatorKernel {
  private let value: Tensor

  init(_ site: Site) throws(RuntimeError) {
    if let given = try site.tensor("value") {
      guard given.count == 1 else {
        throw RuntimeError(.invalidGraph, "value must be one element, got shape %v", shape: given.shape.dims)
      }
      value = given
    } else {
      value = try site.allocator.tensor(.float32, [])
      value.elements(Float.self)[0] = 0
    }
    site.types.answer = value.type
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    guard let dims = inputs[0].integers else { return [Fact(value.type, nil)] }
    if dims.contains(where: { $0 < 0 }) {
      throw RuntimeError(.invalidArgument, "dims must be 0 or more, got %v", shape: dims)
    }
    return [Fact(value.type, dims)]
  }

  func run(_ call: Call) { fill(call.outputs[0], with: value) }
}
