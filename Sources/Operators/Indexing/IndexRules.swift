import GraphIR
import Kernels
import Tensors

/// What operators ask of tensors of indices.
extension ShapeRules {
  /// Indices along `axis`, that lie in no other dim beyond the data.
  static func elementIndices(_ indices: Fact, in data: Fact, axis: Int) throws(RuntimeError) {
    try ShapeRules.rank(data, atLeast: 1)
    var fits = indices.rank == data.rank
    for k in 0..<data.rank where fits && k != axis { fits = indices.shape[k] <= data.shape[k] }
    if !fits {
      throw RuntimeError(
        .invalidArgument, "indices %v must lie within %v but for axis %d", shapes: indices.shape, data.shape, axis)
    }
  }

  /// Every index counts within its dim, from the front or from the back.
  static func check(_ indices: Tensor, within dims: [Int]) throws(RuntimeError) {
    if dims.isEmpty { return }
    if let index = firstIndexOutside(indices, dims: dims) {
      throw RuntimeError(
        .invalidArgument, "indices must be within the dims %v, got %d", shape: dims, index)
    }
  }
}
