import GraphIR
import Kernels
import Tensors

/// Cuts or pads axes evenly on both sides to given sizes.
///
/// <https://onnx.ai/onnx/operators/onnx__CenterCropPad.html>
struct CenterCropPad: OperatorKernel {
  private let axes: [Int]?

  init(_ site: Site) throws(RuntimeError) { axes = try site.ints("axes") }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let data = inputs[0]
    guard let sizes = inputs[1].integers else { return [data.with(dims: [Int](repeating: -1, count: data.rank))] }
    let axes = try ShapeRules.axes(axes ?? Array(0..<data.rank), rank: data.rank)
    guard sizes.count == axes.count, sizes.allSatisfy({ $0 >= 0 }) else {
      throw RuntimeError(
        .invalidArgument, "there must be a size of 0 or more for each of %d axes, got %v", shape: sizes, axes.count)
    }
    var dims = data.shape
    for (axis, size) in zip(axes, sizes) { dims[axis] = size }
    return [data.with(dims: dims)]
  }

  func run(_ call: Call) {
    let (x, out) = (call.inputs[0], call.outputs[0])
    var (before, after) = ([Int](repeating: 0, count: x.shape.rank), [Int](repeating: 0, count: x.shape.rank))
    for axis in 0..<x.shape.rank {
      // Halves are rounded down, so that the odd element is cut or added behind.
      let more = out.shape[axis] - x.shape[axis]
      before[axis] = more / 2
      after[axis] = more - more / 2
    }
    pad(x, before: before, after: after, mode: .constant, value: nil, into: out, on: call.platform)
  }
}
