import GraphIR
import Kernels
import Tensors

/// The product of byte matrices less their zero points, in int32.
///
/// <https://onnx.ai/onnx/operators/onnx__MatMulInteger.html>
struct MatMulInteger: OperatorKernel {
  private let product: IntegerProduct

  init(_ site: Site) throws(RuntimeError) { product = try IntegerProduct(site, right: 1) }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    [
      Fact(
        .int32,
        try product.dims(inputs[0], inputs[1], aZero: inputs[optional: 2], bZero: inputs[optional: 3]))
    ]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int { product.scratchByteCount(inputs[0], inputs[1]) }

  func run(_ call: Call) throws(RuntimeError) {
    try product.run(
      call, call.inputs[0], call.inputs[optional: 1], aZero: call.inputs[optional: 2], bZero: call.inputs[optional: 3],
      into: call.outputs[0].elements(Int32.self).baseAddress!, scratch: ScratchMemory(call))
  }
}
