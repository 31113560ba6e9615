import GraphIR
import Kernels
import Tensors

/// The product of int16 matrices in int32, whose sums wrap around.
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MatMulInteger16>
struct MatMulInteger16: OperatorKernel {
  init(_ site: Site) {}

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    [Fact(.int32, try Product(inputs[0].shape, inputs[1].shape, false, false).dims)]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (a, b) = (call.inputs[0], call.inputs[1])
    let product = try Product(a.shape.dims, b.shape.dims, false, false)
    plainMatMul(
      a, b, into: call.outputs[0], product.batches, m: product.m, n: product.n, k: product.k, transposesA: false,
      transposesB: false)
  }
}
