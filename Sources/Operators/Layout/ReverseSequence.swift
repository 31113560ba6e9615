import GraphIR
import Kernels
import Tensors

/// Reverses the beginning of each sequence of a batch, as far as its length says.
///
/// <https://onnx.ai/onnx/operators/onnx__ReverseSequence.html>
struct ReverseSequence: OperatorKernel {
  private let timeAxis: Int

  init(_ site: Site) throws(RuntimeError) {
    timeAxis = try site.int("time_axis", default: 0)
    let batchAxis = try site.int("batch_axis", default: 1)
    guard timeAxis == 0 && batchAxis == 1 || timeAxis == 1 && batchAxis == 0 else {
      throw RuntimeError(.invalidGraph, "time_axis and batch_axis must be 0 and 1, got %d and %d", timeAxis, batchAxis)
    }
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    try ShapeRules.rank(inputs[0], atLeast: 2)
    guard inputs[1].shape == [inputs[0].shape[1 - timeAxis]] else {
      throw RuntimeError(
        .invalidArgument, "there must be a length for each sequence of %v, got shape %v",
        shapes: inputs[0].shape, inputs[1].shape)
    }
    return [inputs[0].withoutValue]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (x, lengths) = (call.inputs[0], call.inputs[1])
    for i in 0..<lengths.count where lengths.integer(i) < 0 || lengths.integer(i) > x.shape[timeAxis] {
      throw RuntimeError(.invalidArgument, "lengths must be in 0...%d, got %d", x.shape[timeAxis], lengths.integer(i))
    }
    reverseSequence(x, lengths: lengths, timeAxis: timeAxis, into: call.outputs[0])
  }
}
