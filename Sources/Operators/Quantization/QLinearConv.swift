import GraphIR
import Kernels
import Tensors

/// A quantised convolution: inputs are x, its scale and zero point, the weights with theirs, the scale and zero point
/// of
/// the output, and an int32 bias in units of x scale · weight scale.
///
/// <https://onnx.ai/onnx/operators/onnx__QLinearConv.html>
struct QLinearConv: OperatorKernel {
  private let convolution: IntegerConvolution

  init(_ site: Site) throws(RuntimeError) { convolution = try IntegerConvolution(site) }

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
        .invalidArgument, "the bias must have shape [%d], got %v", shapes: [bias.shape], w.shape[0])
    }
    return [Fact(inputs[7].type, dims)]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    guard let dims = try? convolution.dims(inputs[0], inputs[3], xZero: nil, wZero: nil) else { return 0 }
    return convolution.scratchByteCount(inputs[0], inputs[3], threads: threads)
      + ScratchMemory.byteCount(dims.productSaturating &* 4) + ScratchMemory.byteCount(dims[1] * 4)
  }

  func run(_ call: Call) throws(RuntimeError) {
    var scratch = ScratchMemory(call)
    let (x, w, output) = (call.inputs[0], call.inputs[3], call.outputs[0])
    let filters = w.shape[0]
    let sums = scratch.take(output.count, of: Int32.self)
    let scales = scratch.take(filters, of: Float.self)
    let (xScale, wScales, yScale) = (call.inputs[1], call.inputs[4], call.inputs[6])
    for i in 0..<filters {
      scales[i] = xScale.floats[0] * wScales.floats[wScales.count > 1 ? i : 0] / yScale.floats[0]
    }
    try convolution.run(call, x, w, xZero: call.inputs[2], wZero: call.inputs[5], into: sums, scratch: scratch)
    let rows = output.shape[0] * filters
    requantize(
      call.platform, sums, rows: rows, columns: rows == 0 ? 0 : output.count / rows,
      biases: call.inputs[optional: 8].map { UnsafePointer($0.elements(Int32.self).baseAddress!) }, scales: scales,
      scaledBy: .row(period: filters), zeroPoint: call.inputs[7].byte(0), into: output.bytes,
      signed: output.type == .int8)
  }
}
