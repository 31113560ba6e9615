import GraphIR
import Kernels
import Tensors

/// (x - mean) / √(variance + epsilon) · scale + bias for each channel, with given statistics; in training with the
/// batch's own, and the running ones as further outputs, up to opset 13 with the batch's own behind them.
///
/// Up to opset 8 every element but the batch may have statistics of its own (`spatial` 0). Up to opset 6 `is_test` says
/// that this is no training, up to opset 13 that nobody asks for more than one output.
///
/// <https://onnx.ai/onnx/operators/onnx__BatchNormalization.html>
struct BatchNormalization: OperatorKernel {
  private let epsilon: Double
  private let momentum: Double
  private let isTraining: Bool
  private let isSpatial: Bool

  init(_ site: Site) throws(RuntimeError) {
    epsilon = Double(try site.float("epsilon", default: 1e-5))
    momentum = Double(try site.float("momentum", default: 0.9))
    if site.opset < 7 {
      isTraining = !(try site.flag("is_test"))
    } else {
      isTraining = site.opset < 14 ? (1..<5).contains { site.wants(output: $0) } : try site.flag("training_mode")
    }
    isSpatial = site.opset < 9 ? try site.flag("spatial", default: true) : true
  }

  /// The input as [outer, channels, inner].
  private func sizes(_ dims: [Int]) -> (outer: Int, channels: Int, inner: Int) {
    guard dims.count > 1 else { return (dims.first ?? 1, 1, 1) }
    if !isSpatial { return (dims[0], dims[1...].productSaturating, 1) }
    return (dims[0], dims[1], dims[2...].productSaturating)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let x = inputs[0]
    let expected = x.rank < 2 ? [1] : isSpatial ? [x.shape[1]] : Array(x.shape[1...])
    for i in 1..<5 {
      guard inputs[i].shape == expected else {
        throw RuntimeError(
          .invalidArgument, "input %d must have shape %v, got %v", shapes: expected, inputs[i].shape, i)
      }
    }
    let (mean, variance) = (inputs[3].withoutValue, inputs[4].withoutValue)
    return [x.withoutValue, mean, variance, mean, variance]
  }

  /// The factor and the shift of each channel, in float64 and in float32.
  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int { inputs[1].count * 24 }

  func run(_ call: Call) {
    let (x, output) = (call.inputs[0], call.outputs[0])
    let (outer, channels, inner) = sizes(x.shape.dims)
    let (mean, variance) = (call.inputs[3], call.inputs[4])
    let scale = call.scratch.assumingMemoryBound(to: Double.self)
    let shift = scale + channels
    for channel in 0..<channels {
      var moments = (mean.real(channel), variance.real(channel))
      if isTraining {
        let old = moments
        moments = BatchNormalization.moments(x, channel, outer: outer, channels: channels, inner: inner)
        call.outputs[optional: 1]?.setReal(channel, old.0 * momentum + moments.0 * (1 - momentum))
        call.outputs[optional: 2]?.setReal(channel, old.1 * momentum + moments.1 * (1 - momentum))
        call.outputs[optional: 3]?.setReal(channel, moments.0)
        call.outputs[optional: 4]?.setReal(channel, moments.1)
      }
      let factor = call.inputs[1].real(channel) / (moments.1 + epsilon).squareRoot()
      scale[channel] = factor
      shift[channel] = call.inputs[2].real(channel) - moments.0 * factor
    }
    if x.type == .float64 {
      scaleChannels(
        call.platform, UnsafePointer(x.elements(Double.self).baseAddress!),
        into: output.elements(Double.self).baseAddress!, outer: outer, channels: channels, inner: inner,
        scale: scale, shift: shift)
      return
    }
    let narrow = (call.scratch + channels * 16).assumingMemoryBound(to: Float.self)
    for i in 0..<2 * channels { narrow[i] = Float(scale[i]) }
    scaleChannels(
      call.platform, x.floats, into: output.floats, outer: outer, channels: channels, inner: inner, scale: narrow,
      shift: narrow + channels)
  }

  /// Mean and variance of one channel of [outer, channels, inner].
  private static func moments(
    _ x: Tensor, _ channel: Int, outer: Int, channels: Int, inner: Int
  ) -> (Double, Double) {
    let count = Double(outer * inner)
    func sum(_ term: (Double) -> Double) -> Double {
      var total = 0.0
      for o in 0..<outer {
        let row = (o * channels + channel) * inner
        for i in row..<row + inner { total += term(x.real(i)) }
      }
      return total
    }
    let mean = sum { $0 } / count
    return (mean, sum { ($0 - mean) * ($0 - mean) } / count)
  }
}
