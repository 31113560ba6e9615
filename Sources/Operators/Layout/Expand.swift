import GraphIR
import Kernels
import Tensors

/// Repeats a tensor until it has the shape that it and another one broadcast to.
///
/// <https://onnx.ai/onnx/operators/onnx__Expand.html>
struct Expand: OperatorKernel {
  init(_ site: Site) {}

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    guard let shape = inputs[1].integers else { return [inputs[0].with(dims: nil)] }
    if shape.contains(where: { $0 < 0 }) {
      throw RuntimeError(.invalidArgument, "dims must be 0 or more, got %v", shape: shape)
    }
    return [inputs[0].with(dims: try ShapeRules.broadcast(inputs[0].shape, shape))]
  }

  func movesNothing(_ inputs: Facts) -> Bool {
    guard let shape = inputs[1].integers, let dims = try? ShapeRules.broadcast(inputs[0].shape, shape) else {
      return false
    }
    return dims.productSaturating == inputs[0].count
  }

  func run(_ call: Call) {
    let (x, out) = (call.inputs[0], call.outputs[0])
    let own = x.shape.strides
    let missing = out.shape.rank - x.shape.rank
    let steps = (0..<out.shape.rank).map { axis in
      axis < missing || x.shape[axis - missing] == 1 ? 0 : own[axis - missing]
    }
    copyStrided(x, 0, steps, to: out, 0, out.shape.strides, dims: out.shape.dims, on: call.platform)
  }
}
