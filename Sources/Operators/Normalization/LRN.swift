import GraphIR
import Kernels
import Tensors

/// Divides each value by the power of its neighbours in other channels.
///
/// <https://onnx.ai/onnx/operators/onnx__LRN.html>
struct LRN: OperatorKernel {
  private let size: Int
  private let alpha: Float
  private let beta: Float
  private let bias: Float

  init(_ site: Site) throws(RuntimeError) {
    size = try site.required("size", try site.node.attributes.int("size"))
    guard size > 0 else { throw RuntimeError(.invalidGraph, "size must be above 0, got %d", size) }
    alpha = try site.float("alpha", default: 0.0001)
    beta = try site.float("beta", default: 0.75)
    bias = try site.float("bias", default: 1)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    try ShapeRules.rank(inputs[0], atLeast: 2)
    return [inputs[0].withoutValue]
  }

  func run(_ call: Call) {
    let x = call.inputs[0]
    if x.type == .float64 {
      return localResponseNorm(
        call.platform, x.reals, into: call.outputs[0].reals, batch: x.shape[0], channels: x.shape[1],
        inner: x.shape.dims[2...].productSaturating, size: size, alpha: alpha, beta: beta, bias: bias)
    }
    localResponseNorm(
      call.platform, x.floats, into: call.outputs[0].floats, batch: x.shape[0], channels: x.shape[1],
      inner: x.shape.dims[2...].productSaturating, size: size, alpha: alpha, beta: beta, bias: bias)
  }
}

/// Divides values by their p-norm along an axis.
///
/// <https://onnx.ai/onnx/operators/onnx__LpNormalization.html>
struct LpNormalization: OperatorKernel {
  private let axis: Int
  private let p: Int

  init(_ site: Site) throws(RuntimeError) {
    axis = try site.int("axis", default: -1)
    p = try site.normOrder()
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    try ShapeRules.rank(inputs[0], atLeast: 1)
    _ = try ShapeRules.axis(axis, rank: inputs[0].rank)
    return [inputs[0].withoutValue]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int { inputs[0].count * 8 }

  func run(_ call: Call) throws(RuntimeError) {
    let x = call.inputs[0]
    let dims = x.shape.dims
    let axis = try ShapeRules.axis(axis, rank: dims.count)
    let (outer, inner) = (dims[..<axis].productSaturating, dims[(axis + 1)...].productSaturating)
    let norms = call.scratch.assumingMemoryBound(to: Float.self)
    guard x.count > 0 else { return }
    if x.type == .float64 {
      let norms = call.scratch.assumingMemoryBound(to: Double.self)
      lpNorm(call.platform, x.reals, into: norms, outer: outer, count: dims[axis], inner: inner, p: p)
      return divideByNorms(
        call.platform, x.reals, into: call.outputs[0].reals, outer: outer, count: dims[axis], inner: inner,
        norms: norms)
    }
    lpNorm(call.platform, x.floats, into: norms, outer: outer, count: dims[axis], inner: inner, p: p)
    divideByNorms(
      call.platform, x.floats, into: call.outputs[0].floats, outer: outer, count: dims[axis], inner: inner, norms: norms
    )
  }
}

/// Brings values to mean 0 and variance 1 over some axes.
///
/// <https://onnx.ai/onnx/operators/onnx__MeanVarianceNormalization.html>
struct MeanVarianceNormalization: OperatorKernel {
  private let axes: [Int]

  init(_ site: Site) throws(RuntimeError) { axes = try site.ints("axes") ?? [0, 2, 3] }

  /// What is left of the dims: 1 where they are averaged.
  private func kept(_ dims: [Int]) throws(RuntimeError) -> [Int] {
    var kept = dims
    for axis in try ShapeRules.axes(axes, rank: dims.count) { kept[axis] = 1 }
    return kept
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    _ = try kept(inputs[0].shape)
    return [inputs[0].withoutValue]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    ((try? kept(inputs[0].shape))?.productSaturating ?? 0) * 16
  }

  func run(_ call: Call) throws(RuntimeError) {
    let x = call.inputs[0]
    let kept = try kept(x.shape.dims)
    let sums = call.scratch.assumingMemoryBound(to: Double.self)
    if x.type == .float64 {
      return meanVarianceNorm(x.reals, into: call.outputs[0].reals, dims: x.shape.dims, kept: kept, sums: sums)
    }
    meanVarianceNorm(x.floats, into: call.outputs[0].floats, dims: x.shape.dims, kept: kept, sums: sums)
  }
}
