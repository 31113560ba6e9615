import GraphIR
import Kernels
import Tensors

/// What operators ask of tensors of indices.
extension ShapeRules {
  /// Indices are int32 or int64.
  static func indices(_ fact: Fact, input: Int) throws(RuntimeError) {
    guard fact.type == .int64 || fact.type == .int32 else {
      throw RuntimeError(.invalidArgument, "input %d must be int32 or int64, got %t", input, Int(fact.type.rawValue))
    }
  }

  /// Indices along `axis`, that lie in no other dim beyond the data.
  static func elementIndices(_ indices: Fact, in data: Fact, axis: Int) throws(RuntimeError) {
    try ShapeRules.indices(indices, input: 1)
    try ShapeRules.rank(data, atLeast: 1)
    var fits = indices.rank == data.rank
    for k in 0..<data.rank where fits && k != axis { fits = indices.shape[k] <= data.shape[k] }
    if !fits {
      throw RuntimeError(
        .invalidArgument, "indices %v must lie within %v but for axis %d", shapes: [indices.shape, data.shape], axis)
    }
  }

  /// Every index counts within its dim, from the front or from the back.
  static func check(_ indices: Tensor, within dims: [Int]) throws(RuntimeError) {
    if dims.isEmpty { return }
    if let index = firstIndexOutside(indices, dims: dims) {
      throw RuntimeError(
        .invalidArgument, "indices must be within the dims %v, got %d", shapes: [dims], index)
    }
  }
}
