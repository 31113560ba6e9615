import GraphIR
import Kernels
import Tensors

/// The product of quantised matrices, quantised again: inputs are A, its scale and zero point, B with its own, and the
/// scale and zero point of the output.
///
/// <https://onnx.ai/onnx/operators/onnx__QLinearMatMul.html>
struct QLinearMatMul: OperatorKernel {
  private let product: IntegerProduct

  init(_ site: Site) throws(RuntimeError) { product = try IntegerProduct(site, right: 3) }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let dims = try product.dims(inputs[0], inputs[3], aZero: inputs[2], bZero: inputs[5])
    let n = QLinearMatMul.columns(inputs[3].shape)
    guard inputs[1].count == 1, inputs[4].count == 1 || inputs[4].count == n, inputs[6].count == 1, inputs[7].count == 1
    else {
      throw RuntimeError(
        .notImplemented, "scales of A, B and the output of shapes %v, %v and %v are not implemented",
        shapes: [inputs[1].shape, inputs[4].shape, inputs[6].shape])
    }
    return [Fact(inputs[7].type, dims)]
  }

  /// Columns of a B of this shape; a vector is one.
  private static func columns(_ dims: [Int]) -> Int { dims.count > 1 ? dims[dims.count - 1] : 1 }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    guard let product = try? Product(inputs[0].shape, inputs[3].shape, false, false) else { return 0 }
    return self.product.scratchByteCount(inputs[0], inputs[3])
      + ScratchMemory.byteCount(product.dims.productSaturating &* 4) + ScratchMemory.byteCount(product.n * 4)
  }

  func run(_ call: Call) throws(RuntimeError) {
    var scratch = ScratchMemory(call)
    let (a, output) = (call.inputs[0], call.outputs[0])
    let sums = scratch.take(output.count, of: Int32.self)
    let (aScale, bScales, yScale) = (call.inputs[1], call.inputs[4], call.inputs[6])
    let n = product.packedDims?[1] ?? QLinearMatMul.columns(call.inputs[3].shape.dims)
    let scales = scratch.take(n, of: Float.self)
    for i in 0..<n { scales[i] = aScale.floats[0] * bScales.floats[bScales.count > 1 ? i : 0] / yScale.floats[0] }
    try product.run(
      call, a, call.inputs[optional: 3], aZero: call.inputs[2], bZero: call.inputs[5], into: sums, scratch: scratch)
    requantize(
      call.platform, sums, rows: n == 0 ? 0 : output.count / n, columns: n, scales: scales,
      zeroPoint: call.inputs[7].byte(0), into: output.bytes, signed: output.type == .int8)
  }
}

extension Tensor {
  /// Element `i` of an int8 or uint8 tensor.
  func byte(_ i: Int) -> Int32 {
    type == .int8
      ? Int32(bytes.load(fromByteOffset: i, as: Int8.self)) : Int32(bytes.load(fromByteOffset: i, as: UInt8.self))
  }
}
