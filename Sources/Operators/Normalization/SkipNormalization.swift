import GraphIR
import Kernels
import Tensors

/// com.microsoft's SkipLayerNormalization and SkipSimplifiedLayerNormalization: the sum of input, skip and bias,
/// normalised over the last dim. Output 3 is the sum itself.
///
/// Skip may lack the batch, or have 1 for it.
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.SkipLayerNormalization>
struct SkipNormalization: FamilyKernel {
  private let epsilon: Float
  /// Whether only the mean of squares is divided by, and there is no beta.
  private let isSimplified: Bool

  static func layer(_ site: Site) throws(RuntimeError) -> SkipNormalization {
    SkipNormalization(epsilon: try site.float("epsilon", default: 1e-12), isSimplified: false)
  }

  static func simplified(_ site: Site) throws(RuntimeError) -> SkipNormalization {
    SkipNormalization(epsilon: try site.float("epsilon", default: 1e-12), isSimplified: true)
  }

  private var biasInput: Int { isSimplified ? 3 : 4 }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (x, skip) = (inputs[0], inputs[1])
    try ShapeRules.rank(x, atLeast: 2)
    let tail = Array(x.shape[1...])
    guard skip.shape == x.shape || x.rank == 3 && (skip.shape == tail || skip.shape == [1] + tail) else {
      throw RuntimeError(
        .invalidArgument, "the skip of shape %v does not broadcast to %v", shapes: [skip.shape, x.shape])
    }
    let size = x.shape[x.rank - 1]
    for i in 2...4 {
      if let factor = inputs[optional: i], factor.shape != [size] {
        throw RuntimeError(
          .invalidArgument, "input %d must have shape [%d], got %v", shapes: [factor.shape], i, size)
      }
    }
    let statistics = Fact(.float32, x.shape.dropLast() + [1])
    return [x.withoutValue, statistics, statistics, x.withoutValue]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int { inputs[0].count * 4 }

  func run(_ call: Call) {
    let (x, skip, output) = (call.inputs[0], call.inputs[1], call.outputs[0])
    let size = x.shape.dims.last!
    let rows = size == 0 ? 0 : x.count / size
    let sums = call.outputs[optional: 3]?.floats ?? call.scratch.assumingMemoryBound(to: Float.self)
    addRows(
      call.platform, x.floats, skip.floats, skipRows: size == 0 ? 0 : skip.count / size,
      bias: call.inputs[optional: biasInput].map { UnsafePointer($0.floats) }, rows: rows, count: size, into: sums)
    if isSimplified {
      rmsNorm(
        call.platform, sums, into: output.floats, rows: rows, count: size, scale: call.inputs[2].floats,
        epsilon: epsilon, inverseDeviations: call.outputs[optional: 2]?.floats)
    } else {
      layerNorm(
        call.platform, sums, into: output.floats, rows: rows, count: size, scale: call.inputs[2].floats,
        bias: call.inputs[optional: 3]?.floats, epsilon: epsilon, means: call.outputs[optional: 1]?.floats,
        inverseDeviations: call.outputs[optional: 2]?.floats)
    }
  }
}
