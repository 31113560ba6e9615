import GraphIR
import Kernels
import Tensors

/// A product with a quantised B, in float32: com.microsoft's DynamicQuantizeMatMul, which quantises A by its range, and
/// MatMulIntegerToFloat, whose A is bytes already. Our own fused form of the latter ends with an activation.
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.DynamicQuantizeMatMul>
struct ScaledIntegerMatMul: FamilyKernel {
  /// Where the inputs are; those that are missing in one of the two operators are -1.
  private struct Places {
    var aScale = -1
    var bScale: Int
    var aZero = -1
    var bZero: Int
    var bias: Int
  }

  private let places: Places
  private let product: IntegerProduct
  private let epilogue: Epilogue

  static func dynamic(_ site: Site) throws(RuntimeError) -> ScaledIntegerMatMul {
    ScaledIntegerMatMul(
      places: Places(bScale: 2, bZero: 3, bias: 4), product: try IntegerProduct(site, right: 1),
      epilogue: Epilogue())
  }

  static func given(_ site: Site) throws(RuntimeError) -> ScaledIntegerMatMul {
    ScaledIntegerMatMul(
      places: Places(aScale: 2, bScale: 3, aZero: 4, bZero: 5, bias: 6),
      product: try IntegerProduct(site, right: 1), epilogue: try FusedActivation.epilogue(site))
  }

  private var isDynamic: Bool { places.aScale < 0 }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (a, b, bScale) = (inputs[0], inputs[1], inputs[places.bScale])
    let dims = try product.dims(
      isDynamic ? a.with(type: .uint8) : a, b, aZero: isDynamic ? nil : inputs[optional: places.aZero],
      bZero: inputs[optional: places.bZero])
    let n = b.shape.last ?? 1
    guard bScale.count == 1 || bScale.count == n, b.rank <= 2 else {
      throw RuntimeError(
        .notImplemented, "a B of shape %v with scales of shape %v is not implemented", shapes: b.shape, bScale.shape)
    }
    if !isDynamic, inputs[places.aScale].count != 1 {
      throw RuntimeError(
        .notImplemented, "A has one scale, got shape %v", shape: inputs[places.aScale].shape)
    }
    if let bias = inputs[optional: places.bias], bias.shape != [n] {
      throw RuntimeError(.invalidArgument, "the bias must have shape [%d], got %v", shape: bias.shape, n)
    }
    return [Fact(.float32, dims)]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    product.scratchByteCount(inputs[0], inputs[1]) + (isDynamic ? ScratchMemory.byteCount(inputs[0].count) : 0)
  }

  func run(_ call: Call) throws(RuntimeError) {
    var scratch = ScratchMemory(call)
    var a = call.inputs[0]
    let output = call.outputs[0]
    var aScale: Float
    var aZero = isDynamic ? nil : call.inputs[optional: places.aZero]
    var zeroPoint: UInt8 = 0
    if isDynamic {
      let bytes = scratch.tensor(.uint8, a.shape)
      (aScale, zeroPoint) = dynamicRange(a.floats, a.count)
      quantizeLinear(
        call.platform, a.floats, into: bytes.bytes, type: .uint8, .tensor(a.count), scales: &aScale,
        zeroPoints: &zeroPoint)
      a = bytes
    } else {
      aScale = call.inputs[places.aScale].floats[0]
    }
    let bScales = call.inputs[places.bScale]
    var epilogue = epilogue
    epilogue.bias = call.inputs[optional: places.bias].map { UnsafePointer($0.floats) }
    let scale = SumScale(
      rowScale: aScale, columnScales: bScales.floats, perColumn: bScales.count > 1, epilogue)
    try withUnsafeMutablePointer(to: &zeroPoint) { pointer throws(RuntimeError) in
      if isDynamic { aZero = Tensor(.uint8, [], Storage(borrowed: pointer, byteCount: 1)) }
      try product.run(
        call, a, call.inputs[optional: 1], aZero: aZero, bZero: call.inputs[optional: places.bZero],
        into: output.bytes.assumingMemoryBound(to: Int32.self), scale: scale, scratch: scratch)
    }
  }
}
