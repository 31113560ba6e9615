import GraphIR
import Kernels
import Tensors

/// a · sigmoid(alpha · a) · b, for two inputs of one shape.
///
/// <https://onnx.ai/onnx/operators/onnx__SwiGLU.html>
struct SwiGLU: OperatorKernel {
  private let alpha: Float

  init(_ site: Site) throws(RuntimeError) { alpha = try site.float("alpha", default: 1) }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    guard inputs[0].shape == inputs[1].shape else {
      throw RuntimeError(
        .invalidArgument, "A and B must have one shape, got %v and %v", shapes: inputs[0].shape, inputs[1].shape)
    }
    return [inputs[0].withoutValue]
  }

  func run(_ call: Call) {
    if call.outputs[0].type == .float64 {
      let (a, b, output) = (call.inputs[0].reals, call.inputs[1].reals, call.outputs[0])
      for i in 0..<output.count { output.reals[i] = a[i] / (1 + CMath.exp(-Double(alpha) * a[i])) * b[i] }
      return
    }
    let (a, b, output) = (call.inputs[0].floats, call.inputs[1].floats, call.outputs[0])
    call.platform.parallelRanges(output.count, grain: 8192) { range in
      let to = output.floats + range.lowerBound
      quickGelu(a + range.lowerBound, into: to, count: range.count, alpha: alpha)
      for i in 0..<range.count { to[i] *= b[range.lowerBound + i] }
    }
  }
}
