import GraphIR
import Kernels
import Tensors

/// Reorders the dims; without an order they are reversed.
///
/// <https://onnx.ai/onnx/operators/onnx__Transpose.html>
struct Transpose: OperatorKernel {
  private let permutation: [Int]?

  init(_ site: Site) throws(RuntimeError) { permutation = try site.ints("perm") }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let shape = inputs[0].shape
    let order = try order(shape.count)
    return [inputs[0].with(dims: order.map { shape[$0] })]
  }

  private func order(_ rank: Int) throws(RuntimeError) -> [Int] {
    guard let permutation, !(permutation.isEmpty && rank > 0) else { return Array((0..<rank).reversed()) }
    guard permutation.count == rank else {
      throw RuntimeError(.invalidGraph, "perm must have %d axes, got %v", shape: permutation, rank)
    }
    return try ShapeRules.axes(permutation, rank: rank)
  }

  /// Axes of one element may stand anywhere.
  func movesNothing(_ inputs: Facts) -> Bool {
    let shape = inputs[0].shape
    guard let order = try? order(shape.count) else { return false }
    var last = -1
    for axis in order where shape[axis] != 1 {
      if axis < last { return false }
      last = axis
    }
    return true
  }

  func run(_ call: Call) throws(RuntimeError) {
    let x = call.inputs[0]
    transpose(x, into: call.outputs[0], permutation: try order(x.shape.rank), on: call.platform)
  }
}
