import GraphIR
import Kernels
import Tensors

/// A cache [batch, …, length, …] in which new entries are written behind those of each sample.
///
/// <https://onnx.ai/onnx/operators/onnx__TensorScatter.html>
struct TensorScatter: OperatorKernel {
  private let axis: Int
  private let isCircular: Bool

  init(_ site: Site) throws(RuntimeError) {
    axis = try site.int("axis", default: -2)
    let mode = try site.string("mode") ?? "linear"
    guard mode == "linear" || mode == "circular" else {
      throw RuntimeError(.invalidGraph, "mode must be linear or circular, got %s", name: mode)
    }
    isCircular = mode == "circular"
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (cache, update) = (inputs[0], inputs[1])
    try ShapeRules.rank(cache, atLeast: 2)
    let axis = try ShapeRules.axis(axis, rank: cache.rank)
    var fits = update.rank == cache.rank && axis > 0
    for k in 0..<cache.rank where fits {
      fits = k == axis ? update.shape[k] <= cache.shape[k] : update.shape[k] == cache.shape[k]
    }
    guard fits else {
      throw RuntimeError(
        .invalidArgument, "updates %v must fit the cache %v along axis %d", shapes: update.shape, cache.shape, axis)
    }
    if let positions = inputs[optional: 2] {
      guard positions.shape == [cache.shape[0]] else {
        throw RuntimeError(
          .invalidArgument, "there must be a position for each of %d samples, got shape %v", shape: positions.shape,
          cache.shape[0])
      }
    }
    return [cache.withoutValue]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (cache, update, out) = (call.inputs[0], call.inputs[1], call.outputs[0])
    let axis = try ShapeRules.axis(axis, rank: cache.shape.rank)
    let (length, new) = (cache.shape[axis], update.shape[axis])
    let (steps, own) = (cache.shape.strides, update.shape.strides)
    copyAll(cache, to: out)
    for sample in 0..<cache.shape[0] where new > 0 {
      var position = call.inputs[optional: 2]?.integer(sample) ?? 0
      if isCircular, position >= 0 { position %= length }
      guard position >= 0, isCircular || position <= length - new else {
        throw RuntimeError(
          .invalidArgument, "positions must leave room for %d entries in %d, got %d", new, length, position)
      }
      // The entries up to the end of the cache, and the rest from its beginning on.
      let split = min(new, length - position)
      for (from, at, count) in [(0, position, split), (split, 0, new - split)] {
        var dims = update.shape.dims
        (dims[0], dims[axis]) = (1, count)
        copyStrided(
          update, sample * own[0] + from * own[axis], own, to: out, sample * steps[0] + at * steps[axis], steps,
          dims: dims, on: call.platform)
      }
    }
  }
}
