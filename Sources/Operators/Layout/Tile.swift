import GraphIR
import Kernels
import Tensors

/// Repeats a tensor along each axis.
///
/// <https://onnx.ai/onnx/operators/onnx__Tile.html>
struct Tile: OperatorKernel {
  init(_ site: Site) {}

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let shape = inputs[0].shape
    guard let repeats = inputs[1].integers else {
      return [inputs[0].with(dims: [Int](repeating: -1, count: shape.count))]
    }
    guard repeats.count == shape.count, repeats.allSatisfy({ $0 >= 0 }) else {
      throw RuntimeError(
        .invalidArgument, "there must be a repeat of 0 or more for each of %d dims, got %v", shapes: [repeats],
        shape.count)
    }
    return [inputs[0].with(dims: zip(shape, repeats).map { [$0, $1].productSaturating })]
  }

  func run(_ call: Call) {
    let (x, out) = (call.inputs[0], call.outputs[0])
    let (own, others) = (x.shape.strides, out.shape.strides)
    // Each axis is two: the repeat, which goes nowhere in the input, and the dim itself.
    var (dims, from, to): ([Int], [Int], [Int]) = ([], [], [])
    for axis in 0..<x.shape.rank {
      let dim = x.shape[axis]
      dims += [dim == 0 ? 0 : out.shape[axis] / dim, dim]
      from += [0, own[axis]]
      to += [dim * others[axis], others[axis]]
    }
    copyStrided(x, 0, from, to: out, 0, to, dims: dims, on: call.platform)
  }
}
