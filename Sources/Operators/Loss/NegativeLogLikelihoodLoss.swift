import GraphIR
import Kernels
import Tensors

/// The loss of log probabilities against the classes that were right.
///
/// <https://onnx.ai/onnx/operators/onnx__NegativeLogLikelihoodLoss.html>
struct NegativeLogLikelihoodLoss: OperatorKernel {
  private let rules: LossRules

  init(_ site: Site) throws(RuntimeError) { rules = try LossRules(site) }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    [try rules.infer(inputs[0], inputs[1], inputs[optional: 2])]
  }

  func run(_ call: Call) throws(RuntimeError) {
    try rules.run(call.inputs[0], call.inputs[1], call.inputs[optional: 2], into: call.outputs[0])
  }
}

/// The same of raw scores: their log softmax comes first, and is the second output.
///
/// <https://onnx.ai/onnx/operators/onnx__SoftmaxCrossEntropyLoss.html>
struct SoftmaxCrossEntropyLoss: OperatorKernel {
  private let rules: LossRules
  private let wantsLogarithms: Bool

  init(_ site: Site) throws(RuntimeError) {
    rules = try LossRules(site)
    wantsLogarithms = site.wants(output: 1)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    [try rules.infer(inputs[0], inputs[1], inputs[optional: 2]), inputs[0].withoutValue]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int { wantsLogarithms ? 0 : inputs[0].count * 8 }

  func run(_ call: Call) throws(RuntimeError) {
    let x = call.inputs[0]
    let dims = x.shape.dims
    var scratch = ScratchMemory(call)
    let logarithms = call.outputs[optional: 1] ?? scratch.tensor(x.type, x.shape)
    let inner = dims[2...].productSaturating
    if x.type == .float64 {
      softmax(
        call.platform, x.reals, into: logarithms.reals, outer: dims[0], axis: dims[1], inner: inner, logarithm: true)
    } else {
      logSoftmax(call.platform, x.floats, into: logarithms.floats, outer: dims[0], axis: dims[1], inner: inner)
    }
    try rules.run(logarithms, call.inputs[1], call.inputs[optional: 2], into: call.outputs[0])
  }
}
