import GraphIR
import Kernels
import Tensors

/// The input; in training with some elements dropped at random and the others scaled up. Output 1 says which stay.
///
/// Training is what input 2 says, up to opset 6 what attribute `is_test` does not say, and never between.
///
/// <https://onnx.ai/onnx/operators/onnx__Dropout.html>
struct Dropout: OperatorKernel {
  private let source: RandomSource
  private let maskIsBool: Bool
  private let hasTrainingInput: Bool
  /// Before there was an input.
  private let isTraining: Bool
  private let ratio: Double

  init(_ site: Site) throws(RuntimeError) {
    source = try RandomSource(site)
    maskIsBool = site.opset >= 10
    if !maskIsBool { site.types.letters = "T>T" }
    hasTrainingInput = site.opset >= 12
    isTraining = site.opset < 7 ? !(try site.flag("is_test")) : false
    ratio = Double(try site.float("ratio", default: 0.5))
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    if let ratio = inputs[optional: 1], ratio.count != 1 {
      throw RuntimeError(
        .invalidArgument, "the ratio must be one number, got shape %v", shape: ratio.shape)
    }
    return [inputs[0].withoutValue, maskIsBool ? inputs[0].with(type: .bool) : inputs[0].withoutValue]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (x, output, mask) = (call.inputs[0], call.outputs[optional: 0], call.outputs[optional: 1])
    let isTraining = hasTrainingInput ? try call.condition(2, default: false) : isTraining
    let ratio = call.inputs[optional: 1].map { $0.real(0) } ?? ratio
    guard isTraining, ratio > 0 else {
      if let output { copyAll(x, to: output) }
      if let mask { for i in 0..<mask.count { set(mask, i, true) } }
      return
    }
    guard ratio < 1 else { throw RuntimeError(.invalidArgument, "the ratio must be below 1") }
    let scale = 1 / (1 - ratio)
    for i in 0..<x.count {
      let stays = source.uniform() >= ratio
      output?.setReal(i, stays ? x.real(i) * scale : 0)
      if let mask { set(mask, i, stays) }
    }
  }

  private func set(_ mask: Tensor, _ i: Int, _ stays: Bool) {
    if maskIsBool {
      mask.bytes.storeBytes(of: stays ? 1 : 0, toByteOffset: i, as: UInt8.self)
    } else {
      mask.setReal(i, stays ? 1 : 0)
    }
  }
}
