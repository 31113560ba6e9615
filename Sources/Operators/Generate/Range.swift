import GraphIR
import Kernels
import Tensors

/// The numbers from `start` to before `limit`, by `delta`; com.microsoft's may leave that out for 1.
///
/// <https://onnx.ai/onnx/operators/onnx__Range.html>
struct RangeOperator: OperatorKernel {
  private let allocator: Allocator

  init(_ site: Site) { allocator = site.allocator }

  /// 1 in the type of the others.
  private func one(_ type: ElementType) throws(RuntimeError) -> Tensor {
    let (one, tensor) = (try allocator.tensor(.int64, []), try allocator.tensor(type, []))
    one.elements(Int64.self)[0] = 1
    cast(one, into: tensor, on: .serial)
    return tensor
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let given = inputs[optional: 2]
    guard let start = inputs[0].value, let limit = inputs[1].value, given == nil || given?.value != nil else {
      return [inputs[0].with(dims: [-1])]
    }
    let delta: Tensor
    if let value = given?.value { delta = value } else { delta = try one(start.type) }
    guard start.count == 1, limit.count == 1, delta.count == 1 else {
      throw RuntimeError(
        .invalidArgument, "start, limit and delta must be one number each, got shapes %v, %v and %v",
        shapes: [start.shape.dims, limit.shape.dims, delta.shape.dims])
    }
    let count = rangeCount(start, limit, delta)
    guard let count else { throw RuntimeError(.invalidArgument, "delta must not be 0") }
    return [inputs[0].with(dims: [count])]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let start = call.inputs[0]
    let delta: Tensor
    if let given = call.inputs[optional: 2] { delta = given } else { delta = try one(start.type) }
    range(from: start, by: delta, into: call.outputs[0])
  }
}
