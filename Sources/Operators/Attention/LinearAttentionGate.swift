import GraphIR
import Kernels
import Tensors

/// The decay of linear attention, scale · softplus(a + bias), and its rate, sigmoid(b), for each head.
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.LinearAttentionGate>
struct LinearAttentionGate: OperatorKernel {
  init(_ site: Site) throws(RuntimeError) { if site.wants(output: 1) { try site.require(3) } }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let a = inputs[0]
    guard let heads = a.shape.last, inputs[1].shape == [heads], inputs[2].shape == [heads],
      inputs[optional: 3].map({ $0.shape == a.shape }) ?? true
    else {
      throw RuntimeError(
        .invalidArgument, "bias and scale of shapes %v and %v do not fit %v",
        shapes: [inputs[1].shape, inputs[2].shape, a.shape])
    }
    return [a.withoutValue, a.withoutValue]
  }

  func run(_ call: Call) {
    let (a, bias, scale) = (call.inputs[0], call.inputs[1], call.inputs[2])
    let heads = max(a.shape.dims.last ?? 1, 1)
    if let decay = call.outputs[optional: 0]?.floats {
      addRows(
        call.platform, a.floats, nil, skipRows: 1, bias: bias.floats, rows: a.count / heads, count: heads, into: decay)
      softplus(decay, into: decay, count: a.count)
      for i in 0..<a.count { decay[i] *= scale.floats[i % heads] }
    }
    if let beta = call.outputs[optional: 1], let b = call.inputs[optional: 3] {
      sigmoid(b.floats, into: beta.floats, count: b.count)
    }
  }
}
