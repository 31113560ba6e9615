import GraphIR
import Kernels
import Tensors

/// (x - mean) / √(variance + epsilon) · scale + bias over the dims from `axis` on.
///
/// <https://onnx.ai/onnx/operators/onnx__LayerNormalization.html>
struct LayerNormalization: OperatorKernel {
  private let span: NormalizationSpan
  private let epsilon: Float

  init(_ site: Site) throws(RuntimeError) {
    span = try NormalizationSpan(site)
    epsilon = try site.float("epsilon", default: 1e-5)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let statistics = try span.infer(inputs)
    return [inputs[0].withoutValue, statistics, statistics]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let x = call.inputs[0]
    let (rows, count) = try span.sizes(x.shape.dims)
    if x.type == .float64 {
      return layerNorm(
        call.platform, x.reals, into: call.outputs[0].reals, rows: rows, count: count, scale: call.inputs[1].reals,
        bias: call.inputs[optional: 2].map { UnsafePointer($0.reals) }, epsilon: Double(epsilon), isCentered: true,
        means: call.outputs[optional: 1]?.floats, inverseDeviations: call.outputs[optional: 2]?.floats)
    }
    layerNorm(
      call.platform, x.floats, into: call.outputs[0].floats, rows: rows, count: count,
      scale: call.inputs[1].floats, bias: call.inputs[optional: 2]?.floats, epsilon: epsilon,
      means: call.outputs[optional: 1]?.floats, inverseDeviations: call.outputs[optional: 2]?.floats)
  }
}

/// x / √(mean of squares + epsilon) · scale over the dims from `axis` on.
///
/// SimplifiedLayerNormalization, which files put in ai.onnx, is the same with the inverse root as a second output.
///
/// <https://onnx.ai/onnx/operators/onnx__RMSNormalization.html>
struct RMSNormalization: OperatorKernel {
  private let span: NormalizationSpan
  private let epsilon: Float

  init(_ site: Site) throws(RuntimeError) {
    span = try NormalizationSpan(site)
    epsilon = try site.float("epsilon", default: 1e-5)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    // The output is of the scale's type.
    [inputs[1].with(dims: inputs[0].shape), try span.infer(inputs)]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let x = call.inputs[0]
    let (rows, count) = try span.sizes(x.shape.dims)
    if x.type == .float64 {
      return layerNorm(
        call.platform, x.reals, into: call.outputs[0].reals, rows: rows, count: count, scale: call.inputs[1].reals,
        bias: nil, epsilon: Double(epsilon), isCentered: false,
        inverseDeviations: call.outputs[optional: 1]?.floats)
    }
    rmsNorm(
      call.platform, x.floats, into: call.outputs[0].floats, rows: rows, count: count, scale: call.inputs[1].floats,
      epsilon: epsilon, inverseDeviations: call.outputs[optional: 1]?.floats)
  }
}

/// The dims that a normalization averages over.
private struct NormalizationSpan {
  private let axis: Int

  init(_ site: Site) throws(RuntimeError) { axis = try site.int("axis", default: -1) }

  /// Checks scale and bias; answers the fact of the statistics.
  func infer(_ inputs: Facts) throws(RuntimeError) -> Fact {
    let dims = inputs[0].shape
    let axis = try ShapeRules.axis(axis, rank: dims.count)
    let count = dims[axis...].productSaturating
    for i in 1..<max(inputs.count, 2) {
      guard let factor = inputs[optional: i] else { continue }
      guard factor.count == count else {
        throw RuntimeError(
          .invalidArgument, "input %d must have shape %v, got %v", shapes: Array(dims[axis...]), factor.shape, i)
      }
    }
    return Fact(.float32, dims[..<axis] + [Int](repeating: 1, count: dims.count - axis))
  }

  func sizes(_ dims: [Int]) throws(RuntimeError) -> (rows: Int, count: Int) {
    let axis = try ShapeRules.axis(axis, rank: dims.count)
    return (dims[..<axis].productSaturating, dims[axis...].productSaturating)
  }
}
