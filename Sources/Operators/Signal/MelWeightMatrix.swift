import GraphIR
import Kernels
import Tensors

/// Triangles that gather the bins of a spectrum into bands of the mel scale: [bins, bands].
///
/// Inputs are the number of bands, the length of the transform, the sample rate and the lowest and highest frequency.
///
/// <https://onnx.ai/onnx/operators/onnx__MelWeightMatrix.html>
struct MelWeightMatrix: OperatorKernel {
  private let type: ElementType

  init(_ site: Site) throws(RuntimeError) {
    type = try site.numericType("output_datatype")
    site.types.answer = type
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    for i in 3..<5 where inputs[i].count != 1 {
      throw RuntimeError(.invalidArgument, "input %d must be one number, got %v", shape: inputs[i].shape, i)
    }
    guard let bands = inputs[0].integers?.first, let length = inputs[1].integers?.first else {
      return [Fact(type, [-1, -1])]
    }
    guard bands >= 0, length > 0 else {
      throw RuntimeError(.invalidArgument, "%d bands of a transform of %d cannot be", bands, length)
    }
    return [Fact(type, [length / 2 + 1, bands])]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    ((inputs[1].integers?.first ?? 0) / 2 + 1) * (inputs[0].integers?.first ?? 0) * 8
  }

  func run(_ call: Call) throws(RuntimeError) {
    let output = call.outputs[0]
    let (bins, bands) = (output.shape[0], output.shape[1])
    let length = try call.scalar(1, default: 0)
    let rate = try call.scalar(2, default: 0)
    guard rate > 0 else { throw RuntimeError(.invalidArgument, "the sample rate must be above 0, got %d", rate) }
    let mel = { (hertz: Double) -> Double in 2595 * CMath.log1p(hertz / 700) / CMath.log(10) }
    let (low, high) = (mel(call.inputs[3].real(0)), mel(call.inputs[4].real(0)))
    let step = (high - low) / Double(bands + 2)
    let edge = { (i: Int) throws(RuntimeError) -> Int in
      let hertz = 700 * CMath.expm1((low + Double(i) * step) / 2595 * CMath.log(10))
      let bin = (Double(length + 1) * hertz / Double(rate)).rounded(.down)
      guard bin >= 0, bin < Double(bins) else {
        throw RuntimeError(.invalidArgument, "the frequencies must lie between 0 and half the sample rate")
      }
      return Int(bin)
    }
    let values = Tensor(.float64, output.shape, Storage(borrowed: call.scratch, byteCount: output.count * 8))
    for i in 0..<output.count { values.setReal(i, 0) }
    for band in 0..<bands {
      let (left, centre, right) = (try edge(band), try edge(band + 1), try edge(band + 2))
      if left == centre { values.setReal(centre * bands + band, 1) }
      for bin in left..<max(centre, left) {
        values.setReal(bin * bands + band, Double(bin - left) / Double(centre - left))
      }
      if left < centre { values.setReal(centre * bands + band, 1) }
      for bin in centre..<max(right, centre) {
        values.setReal(bin * bands + band, Double(right - bin) / Double(right - centre))
      }
    }
    cast(values, into: output, on: call.platform)
  }
}
