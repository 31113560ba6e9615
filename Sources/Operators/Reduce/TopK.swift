import GraphIR
import Kernels
import Tensors

/// The greatest or least elements along an axis and their positions, best first.
///
/// <https://onnx.ai/onnx/operators/onnx__TopK.html>. Before opset 10 `k` was an attribute.
struct TopK: OperatorKernel {
  private let axis: Int
  private let largest: Bool
  private let fixedCount: Int?
  /// Whether anybody reads the positions; they are needed all the same.
  private let givesIndices: Bool

  init(_ site: Site) throws(RuntimeError) {
    axis = try site.int("axis", default: -1)
    largest = try site.flag("largest", default: true)
    fixedCount = try site.node.attributes.int("k")
    givesIndices = site.wants(output: 1)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let data = inputs[0]
    let axis = try ShapeRules.axis(axis, rank: data.rank)
    try ShapeRules.rank(data, atLeast: 1)
    var dims = data.shape
    dims[axis] = -1
    if let k = fixedCount ?? inputs[optional: 1]?.integers?.first {
      guard k >= 0, k <= data.shape[axis] else {
        throw RuntimeError(
          .invalidArgument, "k must be in 0...%d, got %d", shapes: [], data.shape[axis], k)
      }
      dims[axis] = k
    }
    return [data.with(dims: dims), Fact(.int64, dims)]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    if givesIndices { return 0 }
    return ((try? infer(inputs)[1].count) ?? 0).multipliedReportingOverflow(by: 8).partialValue
  }

  func run(_ call: Call) throws(RuntimeError) {
    let x = call.inputs[0]
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank)
    let values = call.outputs[optional: 0]
    let indices = call.outputs[optional: 1]
    guard let k = (values ?? indices)?.shape[axis] else { return }
    topK(
      x, k, axis: axis, largest: largest, values: values,
      indices: (indices?.bytes ?? call.scratch).assumingMemoryBound(to: Int64.self), on: call.platform)
  }
}
