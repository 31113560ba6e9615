import GraphIR
import Kernels
import Tensors

/// What the two losses over classes share: x [batch, classes, ...], targets [batch, ...] and a weight for each class.
struct LossRules {
  private let reduction: LossReduction
  private let ignored: Int?

  init(_ site: Site) throws(RuntimeError) {
    let name = try site.string("reduction") ?? "mean"
    switch name {
    case _ where name == "none": reduction = .none
    case _ where name == "sum": reduction = .sum
    case _ where name == "mean": reduction = .mean
    default: throw RuntimeError(.invalidGraph, "reduction %s is not known", name: name)
    }
    ignored = try site.node.attributes.int("ignore_index")
  }

  func infer(_ x: Fact, _ targets: Fact, _ weights: Fact?) throws(RuntimeError) -> Fact {
    try ShapeRules.rank(x, atLeast: 2)
    var dims = x.shape
    dims.remove(at: 1)
    guard targets.shape == dims else {
      throw RuntimeError(.invalidArgument, "targets must have shape %v, got %v", shapes: dims, targets.shape)
    }
    if let weights, weights.shape != [x.shape[1]] {
      throw RuntimeError(
        .invalidArgument, "the weights must have shape [%d], got %v", shape: weights.shape, x.shape[1])
    }
    return x.with(dims: reduction == .none ? dims : [])
  }

  /// The loss of log probabilities.
  func run(_ x: Tensor, _ targets: Tensor, _ weights: Tensor?, into output: Tensor) throws(RuntimeError) {
    let dims = x.shape.dims
    for i in 0..<targets.count {
      let target = targets.integer(i)
      guard target == ignored || target >= 0 && target < dims[1] else {
        throw RuntimeError(.invalidArgument, "targets must be below %d, got %d", dims[1], target)
      }
    }
    if x.type == .float64 {
      return negativeLogLikelihood(
        x.reals, outer: dims[0], classes: dims[1], inner: dims[2...].productSaturating, targets: targets,
        weights: weights.map { UnsafePointer($0.reals) }, ignored: ignored, reduction, into: output.reals)
    }
    negativeLogLikelihood(
      x.floats, outer: dims[0], classes: dims[1], inner: dims[2...].productSaturating, targets: targets,
      weights: weights.map { UnsafePointer($0.floats) }, ignored: ignored, reduction, into: output.floats)
  }
}
