import GraphIR
import Kernels
import Tensors

/// Parts a tensor along an axis.
///
/// <https://onnx.ai/onnx/operators/onnx__Split.html>. The sizes of the parts were an attribute before opset 13.
struct Split: OperatorKernel {
  private let axis: Int
  private let fixedSizes: [Int]?
  private let count: Int

  init(_ site: Site) throws(RuntimeError) {
    axis = try site.int("axis", default: 0)
    fixedSizes = try site.ints("split")
    count = try site.int("num_outputs", default: site.outputCount)
    guard count >= site.outputCount else {
      throw RuntimeError(.invalidGraph, "num_outputs must be at least %d, got %d", site.outputCount, count)
    }
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let data = inputs[0]
    try ShapeRules.rank(data, atLeast: 1)
    let axis = try ShapeRules.axis(axis, rank: data.rank)
    var dims = data.shape
    if let given = inputs[optional: 1], given.integers == nil {
      dims[axis] = -1
      return [Fact](repeating: data.with(dims: dims), count: given.count)
    }
    let sizes = fixedSizes ?? inputs[optional: 1]?.integers ?? equalSizes(dims[axis])
    guard sizes.allSatisfy({ $0 >= 0 }), sizes.reduce(0, &+) == dims[axis] else {
      throw RuntimeError(.invalidArgument, "the parts %v must add up to %d", shape: sizes, dims[axis])
    }
    return sizes.map { size in
      dims[axis] = size
      return data.with(dims: dims)
    }
  }

  /// Parts of one size, but for the last, which is what remains.
  private func equalSizes(_ dim: Int) -> [Int] {
    let size = count == 0 ? 0 : (dim + count - 1) / count
    return (0..<count).map { min(size, max(dim - $0 * size, 0)) }
  }

  func run(_ call: Call) throws(RuntimeError) {
    let x = call.inputs[0]
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank)
    let steps = x.shape.strides
    let sizes = fixedSizes ?? call.inputs[optional: 1]?.integers ?? equalSizes(x.shape[axis])
    var from = 0
    for (i, size) in sizes.enumerated() {
      if let out = call.outputs[optional: i] {
        copyStrided(x, from, steps, to: out, 0, out.shape.strides, dims: out.shape.dims, on: call.platform)
      }
      from += size * steps[axis]
    }
  }
}
