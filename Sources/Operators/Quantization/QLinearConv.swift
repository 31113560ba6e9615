import GraphIR
import Kernels
import Tensors

/// A quantised convolution: inputs are x, its scale and zero point, the weights with theirs, the scale and zero point
/// of the output, and an int32 bias in units of x scale · weight scale.
///
/// Our own fused form may have a float32 bias instead, and an activation that keeps values between two bounds, which
/// become bounds of the output's bytes.
///
/// <https://onnx.ai/onnx/operators/onnx__QLinearConv.html>
struct QLinearConv: OperatorKernel {
  private let convolution: IntegerConvolution
  private let activation: Epilogue

  init(_ site: Site) throws(RuntimeError) {
    convolution = try IntegerConvolution(site, weights: 3, zero: 5)
    activation = try FusedActivation.epilogue(site)
    guard activation.activation == .clamp else {
      throw RuntimeError(.invalidGraph, "activation must be Relu or Clip")
    }
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (x, w) = (inputs[0], inputs[3])
    let dims = try convolution.dims(x, w, xZero: inputs[2], wZero: inputs[5])
    guard inputs[1].count == 1, inputs[4].count == 1 || inputs[4].count == w.shape[0], inputs[6].count == 1,
      inputs[7].count == 1
    else {
      throw RuntimeError(
        .invalidArgument, "scales of input, weights and output may not have shapes %v, %v and %v",
        shapes: [inputs[1].shape, inputs[4].shape, inputs[6].shape])
    }
    if let bias = inputs[optional: 8], bias.shape != [w.shape[0]] {
      throw RuntimeError(
        .invalidArgument, "the bias must have shape [%d], got %v", shape: bias.shape, w.shape[0])
    }
    return [Fact(inputs[7].type, dims)]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    let filters = ScratchMemory.byteCount(inputs[3].shape[0] * 4)
    let count = convolution.scratchByteCount(inputs[0], inputs[3], threads: threads)
    return count > Int.max - 2 * filters ? .max : count + 2 * filters
  }

  func run(_ call: Call) throws(RuntimeError) {
    var scratch = ScratchMemory(call)
    let output = call.outputs[0]
    let filters = convolution.filters(call.inputs[optional: 3])
    let (scales, offsets) = (scratch.take(filters, of: Float.self), scratch.take(filters, of: Float.self))
    let (xScale, wScales, yScale) = (call.inputs[1].floats[0], call.inputs[4], call.inputs[6].floats[0])
    let bias = call.inputs[optional: 8]
    let isFloat = bias?.type == .float32
    for i in 0..<filters {
      scales[i] = xScale * wScales.floats[wScales.count > 1 ? i : 0] / yScale
      offsets[i] = isFloat ? bias!.floats[i] / yScale : 0
    }
    var end = FilterEnd(output.bytes)
    end.scales = UnsafePointer(scales)
    end.offsets = UnsafePointer(offsets)
    if let bias, !isFloat { end.biases = UnsafePointer(bias.elements(Int32.self).baseAddress!) }
    let (zero, isSigned) = (call.inputs[7].byte(0), output.type == .int8)
    end.requantizer = Requantizer(
      zeroPoint: zero, isSigned: isSigned,
      bounds: (bound(activation.low, yScale, zero, isSigned), bound(activation.high, yScale, zero, isSigned)))
    try convolution.run(
      call, call.inputs[0], call.inputs[optional: 3], xZero: call.inputs[2], wZero: call.inputs[optional: 5], end,
      scratch: scratch)
  }

  /// A bound of the activation as a byte of the output.
  private func bound(_ value: Float, _ scale: Float, _ zero: Int32, _ isSigned: Bool) -> Int32 {
    let (low, high): (Float, Float) = isSigned ? (-128, 127) : (0, 255)
    // Without one a scale of any kind, negative or no number, leaves the bounds as they are.
    if value.isInfinite { return Int32(value < 0 ? low : high) }
    let rounded = (value / scale).rounded(.toNearestOrEven) + Float(zero)
    return Int32(low < rounded ? min(rounded, high) : low)
  }
}
