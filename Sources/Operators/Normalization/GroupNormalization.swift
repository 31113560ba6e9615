import GraphIR
import Kernels
import Tensors

/// Normalises each group of channels of each sample. Scale and bias belong to groups up to opset 20, to channels later.
///
/// <https://onnx.ai/onnx/operators/onnx__GroupNormalization.html>
struct GroupNormalization: OperatorKernel {
  private let groups: Int
  private let epsilon: Float
  private let scalesGroups: Bool

  init(_ site: Site) throws(RuntimeError) {
    groups = try site.required("num_groups", try site.node.attributes.int("num_groups"))
    epsilon = try site.float("epsilon", default: 1e-5)
    scalesGroups = site.opset < 21
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    try ShapeRules.rank(inputs[0], atLeast: 2)
    let channels = inputs[0].shape[1]
    guard groups > 0, channels % groups == 0 else {
      throw RuntimeError(.invalidArgument, "num_groups must divide the %d channels, got %d", channels, groups)
    }
    let count = scalesGroups ? groups : channels
    try ChannelFactors.check(inputs, count)
    return [inputs[0].withoutValue]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int { inputs[0].shape[1] * 8 }

  func run(_ call: Call) {
    let x = call.inputs[0]
    let channels = x.shape[1]
    if x.type == .float64 {
      return groupNorm(
        call.platform, x.reals, into: call.outputs[0].reals, batch: x.shape[0], groups: groups,
        channels: channels / groups, inner: x.shape.dims[2...].productSaturating, scale: call.inputs[1].reals,
        bias: call.inputs[2].reals, channelsOfFactor: scalesGroups ? channels / groups : 1, epsilon: Double(epsilon))
    }
    var (scale, bias) = (call.inputs[1].floats, call.inputs[2].floats)
    if scalesGroups {
      let scratch = call.scratch.assumingMemoryBound(to: Float.self)
      let size = channels / groups
      for channel in 0..<channels {
        scratch[channel] = scale[channel / size]
        scratch[channels + channel] = bias[channel / size]
      }
      (scale, bias) = (scratch, scratch + channels)
    }
    groupNorm(
      call.platform, x.floats, into: call.outputs[0].floats, batch: x.shape[0], groups: groups,
      channels: channels / groups, inner: x.shape.dims[2...].productSaturating, scale: scale, bias: bias,
      epsilon: epsilon)
  }
}

/// Normalises each channel of each sample.
///
/// <https://onnx.ai/onnx/operators/onnx__InstanceNormalization.html>
struct InstanceNormalization: OperatorKernel {
  private let epsilon: Float

  init(_ site: Site) throws(RuntimeError) { epsilon = try site.float("epsilon", default: 1e-5) }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    try ShapeRules.rank(inputs[0], atLeast: 2)
    try ChannelFactors.check(inputs, inputs[0].shape[1])
    return [inputs[0].withoutValue]
  }

  func run(_ call: Call) {
    let x = call.inputs[0]
    if x.type == .float64 {
      return groupNorm(
        call.platform, x.reals, into: call.outputs[0].reals, batch: x.shape[0], groups: x.shape[1], channels: 1,
        inner: x.shape.dims[2...].productSaturating, scale: call.inputs[1].reals, bias: call.inputs[2].reals,
        channelsOfFactor: 1, epsilon: Double(epsilon))
    }
    groupNorm(
      call.platform, x.floats, into: call.outputs[0].floats, batch: x.shape[0], groups: x.shape[1], channels: 1,
      inner: x.shape.dims[2...].productSaturating, scale: call.inputs[1].floats, bias: call.inputs[2].floats,
      epsilon: epsilon)
  }
}

/// Inputs 1 and 2: a factor and a bias for each of so many channels or groups.
private enum ChannelFactors {
  static func check(_ inputs: Facts, _ count: Int) throws(RuntimeError) {
    for i in 1..<3 where inputs[i].shape != [count] {
      throw RuntimeError(.invalidArgument, "input %d must have shape [%d], got %v", shape: inputs[i].shape, i, count)
    }
  }
}
