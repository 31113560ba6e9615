import GraphIR
import Kernels
import Tensors

/// com.microsoft's SkipLayerNormalization and SkipSimplifiedLayerNormalization: the sum of input, skip and bias,
/// normalised over the last dim. Output 3 is the sum itself.
///
/// Skip may lack the batch, or have 1 for it. In the forms that passes write the two broadcast as they like.
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.SkipLayerNormalization>
struct SkipNormalization: FamilyKernel {
  private let epsilon: Float
  /// Whether only the mean of squares is divided by, and there is no beta.
  private let isSimplified: Bool
  private let broadcasts: Bool

  static func layer(_ site: Site) throws(RuntimeError) -> SkipNormalization {
    try SkipNormalization(site, isSimplified: false)
  }

  static func simplified(_ site: Site) throws(RuntimeError) -> SkipNormalization {
    try SkipNormalization(site, isSimplified: true)
  }

  private init(_ site: Site, isSimplified: Bool) throws(RuntimeError) {
    epsilon = try site.float("epsilon", default: 1e-12)
    self.isSimplified = isSimplified
    broadcasts = site.node.domain == FusedOperators.domain
  }

  private var biasInput: Int { isSimplified ? 3 : 4 }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (x, skip) = (inputs[0], inputs[1])
    var dims = x.shape
    if broadcasts {
      dims = try ShapeRules.broadcast(dims, skip.shape)
      guard !dims.isEmpty else {
        throw RuntimeError(.invalidArgument, "what is normalised must have a last axis, got a number")
      }
    } else {
      try ShapeRules.rank(x, atLeast: 2)
      let tail = Array(dims[1...])
      guard skip.shape == dims || x.rank == 3 && (skip.shape == tail || skip.shape == [1] + tail) else {
        throw RuntimeError(
          .invalidArgument, "the skip of shape %v does not broadcast to %v", shapes: skip.shape, dims)
      }
    }
    let size = dims[dims.count - 1]
    for i in 2...4 {
      if let factor = inputs[optional: i], factor.shape != [size] {
        throw RuntimeError(
          .invalidArgument, "input %d must have shape [%d], got %v", shape: factor.shape, i, size)
      }
    }
    let statistics = Fact(.float32, dims.dropLast() + [1])
    let sum = x.with(dims: dims)
    // As of RMSNormalization, the output is of the scale's type.
    let output = broadcasts && isSimplified ? inputs[2].with(dims: dims) : sum
    return [output, statistics, statistics, sum]
  }

  func run(_ call: Call) {
    let (x, skip, output) = (call.inputs[0], call.inputs[1], call.outputs[0])
    let size = output.shape.dims.last!
    let rows = size == 0 ? 0 : output.count / size
    let sums = call.outputs[optional: 3] ?? output
    let bias = call.inputs[optional: biasInput].map { UnsafePointer($0.floats) }
    var addend: RowAddend?
    if rows > 0, x.shape == output.shape, SkipNormalization.repeats(skip.shape.dims, in: output.shape.dims) {
      addend = RowAddend(skip.floats, rows: skip.count / size, bias: bias, sums: sums.floats)
    } else {
      broadcast(.add, x, skip, into: sums, as: .f32, on: call.platform)
    }
    let source = addend == nil ? sums : x
    if isSimplified {
      rmsNorm(
        call.platform, source.floats, plus: addend, into: output.floats, rows: rows, count: size,
        scale: call.inputs[2].floats, epsilon: epsilon, inverseDeviations: call.outputs[optional: 2]?.floats)
    } else {
      layerNorm(
        call.platform, source.floats, plus: addend, into: output.floats, rows: rows, count: size,
        scale: call.inputs[2].floats, bias: call.inputs[optional: 3]?.floats, epsilon: epsilon,
        means: call.outputs[optional: 1]?.floats, inverseDeviations: call.outputs[optional: 2]?.floats)
    }
  }

  /// Whether all rows of `whole` are those of `part`, again and again: its dims are the last of `whole`, or 1 before.
  private static func repeats(_ part: [Int], in whole: [Int]) -> Bool {
    guard part.last == whole.last, part.count <= whole.count else { return false }
    let tail = part.drop { $0 == 1 }
    return tail.elementsEqual(whole.suffix(tail.count))
  }
}
