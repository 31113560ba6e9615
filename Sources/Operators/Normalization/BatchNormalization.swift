import GraphIR
import Kernels
import Tensors

/// (x - mean) / √(variance + epsilon) · scale + bias for each channel, with given statistics; in training mode with the
/// batch's own, and the running ones as further outputs.
///
/// <https://onnx.ai/onnx/operators/onnx__BatchNormalization.html>
struct BatchNormalization: OperatorKernel {
  private let epsilon: Float
  private let momentum: Float
  private let isTraining: Bool
  /// Whether statistics are those of a channel; before opset 9 each place of one may have its own.
  private let isSpatial: Bool

  init(_ site: Site) throws(RuntimeError) {
    epsilon = try site.float("epsilon", default: 1e-5)
    momentum = try site.float("momentum", default: 0.9)
    isTraining = try site.flag("training_mode")
    isSpatial = site.opset < 9 ? try site.flag("spatial", default: true) : true
    if site.opset < 14, site.outputCount > 1 {
      throw RuntimeError(.notImplemented, "training outputs are implemented from opset 14 on, got %d", site.opset)
    }
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let channels = inputs[0].rank > 1 ? inputs[0].shape[1] : 1
    let shape = isSpatial ? [channels] : Array(inputs[0].shape.dropFirst())
    for i in 1..<5 where inputs[i].shape != shape {
      throw RuntimeError(
        .invalidArgument, "input %d must have shape %v, got %v", shapes: [shape, inputs[i].shape], i)
    }
    let statistics = Fact(.float32, shape)
    return [inputs[0].withoutValue, statistics, statistics]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int { inputs[1].count * 8 }

  func run(_ call: Call) {
    let x = call.inputs[0]
    let channels = call.inputs[1].count
    let inner = isSpatial ? x.shape.dims.dropFirst(2).productSaturating : 1
    let outer = x.shape.rank > 0 ? x.shape[0] : 1
    let (gamma, beta) = (call.inputs[1].floats, call.inputs[2].floats)
    let (mean, variance) = (call.inputs[3].floats, call.inputs[4].floats)
    let scale = call.scratch.assumingMemoryBound(to: Float.self)
    let shift = scale + channels
    for channel in 0..<channels {
      var moments = (Double(mean[channel]), Double(variance[channel]))
      if isTraining {
        moments = BatchNormalization.moments(x.floats, channel, outer: outer, channels: channels, inner: inner)
        let keep = Double(momentum)
        call.outputs[optional: 1]?.floats[channel] = Float(Double(mean[channel]) * keep + moments.0 * (1 - keep))
        call.outputs[optional: 2]?.floats[channel] = Float(Double(variance[channel]) * keep + moments.1 * (1 - keep))
      }
      let factor = Double(gamma[channel]) / (moments.1 + Double(epsilon)).squareRoot()
      scale[channel] = Float(factor)
      shift[channel] = Float(Double(beta[channel]) - moments.0 * factor)
    }
    scaleChannels(
      call.platform, x.floats, into: call.outputs[0].floats, outer: outer, channels: channels, inner: inner,
      scale: scale, shift: shift)
  }

  /// Mean and variance of one channel of [outer, channels, inner].
  private static func moments(
    _ x: UnsafePointer<Float>, _ channel: Int, outer: Int, channels: Int, inner: Int
  ) -> (Double, Double) {
    let count = Double(outer * inner)
    func sum(_ term: (Double) -> Double) -> Double {
      var total = 0.0
      for o in 0..<outer {
        let row = x + (o * channels + channel) * inner
        for i in 0..<inner { total += term(Double(row[i])) }
      }
      return total
    }
    let mean = sum { $0 } / count
    return (mean, sum { ($0 - mean) * ($0 - mean) } / count)
  }
}
