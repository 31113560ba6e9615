import GraphIR
import Kernels
import Tensors

/// A depthwise convolution of [batch, channels, length] that looks back only, beyond the start into a state of the last
/// positions before it, [batch, channels, kernel - 1]. Output 1 is the state for what comes next.
///
/// <https://onnx.ai/onnx/operators/onnx__CausalConvWithState.html>
struct CausalConvWithState: OperatorKernel {
  private let isSilu: Bool

  init(_ site: Site) throws(RuntimeError) {
    let name = try site.string("activation") ?? "none"
    guard name == "none" || name == "silu" || name == "swish" else {
      throw RuntimeError(.invalidGraph, "activation %s is not known", name: name)
    }
    isSilu = !(name == "none")
    guard try site.int("ndim", default: 1) == 1, try site.int("dilation", default: 1) == 1,
      try !site.flag("channels_last"), try site.int("state_window", default: 0) == 0
    else {
      throw RuntimeError(
        .notImplemented, "ndim and dilation beyond 1, channels_last and a state_window are not implemented")
    }
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (x, w) = (inputs[0], inputs[1])
    guard x.rank == 3, w.rank == 3, w.shape[0] == x.shape[1], w.shape[1] == 1, w.shape[2] > 0 else {
      throw RuntimeError(
        .invalidArgument, "weights of shape %v do not fit an input of %v", shapes: w.shape, x.shape)
    }
    let state = [x.shape[0], x.shape[1], w.shape[2] - 1]
    if let bias = inputs[optional: 2], bias.shape != [x.shape[1]] {
      throw RuntimeError(.invalidArgument, "the bias must have shape [%d], got %v", shape: bias.shape, x.shape[1])
    }
    if let past = inputs[optional: 3], past.shape != state {
      throw RuntimeError(.invalidArgument, "the state must have shape %v, got %v", shapes: state, past.shape)
    }
    return [x.withoutValue, x.with(dims: state)]
  }

  func run(_ call: Call) {
    let (x, w, output) = (call.inputs[0], call.inputs[1], call.outputs[0])
    let (channels, length, kernel) = (x.shape[1], x.shape[2], w.shape[2])
    let (bias, past, present) = (call.inputs[optional: 2], call.inputs[optional: 3], call.outputs[optional: 1])
    call.platform.parallelRanges(x.shape[0] * channels, grain: max(1, 8192 / max(length * kernel, 1))) { range in
      for row in range {
        let channel = row % channels
        causalConvolution(
          x.floats + row * length, past: past.map { UnsafePointer($0.floats + row * (kernel - 1)) }, length: length,
          weights: w.floats + channel * kernel, kernel: kernel, bias: bias?.floats[channel] ?? 0,
          into: output.floats + row * length, present: present.map { $0.floats + row * (kernel - 1) })
        if isSilu { silu(output.floats + row * length, into: output.floats + row * length, count: length) }
      }
    }
  }
}
