import GraphIR
import Kernels
import Tensors

/// A convolution of bytes less their zero points, in int32.
///
/// <https://onnx.ai/onnx/operators/onnx__ConvInteger.html>
struct ConvInteger: OperatorKernel {
  private let convolution: IntegerConvolution

  init(_ site: Site) throws(RuntimeError) { convolution = try IntegerConvolution(site, weights: 1, zero: 3) }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    [
      Fact(
        .int32,
        try convolution.dims(inputs[0], inputs[1], xZero: inputs[optional: 2], wZero: inputs[optional: 3]))
    ]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    convolution.scratchByteCount(inputs[0], inputs[1], threads: threads)
  }

  func run(_ call: Call) throws(RuntimeError) {
    try convolution.run(
      call, call.inputs[0], call.inputs[optional: 1], xZero: call.inputs[optional: 2],
      wZero: call.inputs[optional: 3], FilterEnd(call.outputs[0].bytes), scratch: ScratchMemory(call))
  }
}
