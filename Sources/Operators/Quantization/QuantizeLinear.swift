import GraphIR
import Kernels
import Tensors

/// round(x / scale) + zero point, saturated; for the small floats x / scale, rounded to them.
///
/// <https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html>
struct QuantizeLinear: OperatorKernel {
  private let grain: QuantizationGrain
  private let givenType: ElementType?
  private let rounding: SmallFloatRounding

  init(_ site: Site) throws(RuntimeError) {
    grain = try QuantizationGrain(site)
    let raw = try site.int("output_dtype", default: 0)
    givenType = raw == 0 ? nil : UInt8(exactly: raw).flatMap(ElementType.init(rawValue:))
    if raw != 0, givenType.map({ !TypeSet.quantized.contains($0) }) ?? true {
      throw RuntimeError(.invalidGraph, "output_dtype %t is not a quantised type", raw)
    }
    site.types.answer = givenType ?? .uint8
    if givenType == nil, site.has(input: 2) { site.types.letters = "Tqk>2" }
    rounding = try site.flag("saturate", default: true) ? .saturating : .overflowing
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (x, scale) = (inputs[0], inputs[1])
    let type = givenType ?? inputs[optional: 2]?.type ?? .uint8
    _ = try grain.layout(x.shape, scale: scale.shape)
    try grain.check(zeroPoint: inputs[optional: 2], scale: scale)
    return [Fact(type, x.shape)]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    let (x, scale) = (inputs[0], inputs[1])
    let type = givenType ?? inputs[optional: 2]?.type ?? .uint8
    var count = ScratchMemory.converting(x, to: .float32) + ScratchMemory.converting(scale, to: .float32)
    if type.isSmallFloat { return count + ScratchMemory.byteCount((x.count + scale.count) * 4) }
    if type.isPacked { count += ScratchMemory.byteCount(x.count) }
    if let zeroPoint = inputs[optional: 2] { count += ScratchMemory.converting(zeroPoint, to: zeroPoint.type.unpacked) }
    return count
  }

  func run(_ call: Call) throws(RuntimeError) {
    var scratch = ScratchMemory(call)
    let output = call.outputs[0]
    let layout = try grain.layout(call.inputs[0].shape.dims, scale: call.inputs[1].shape.dims)
    let x = scratch.converted(call.inputs[0], to: .float32, on: call.platform)
    let scales = UnsafePointer(scratch.converted(call.inputs[1], to: .float32, on: call.platform).floats)
    guard let type = output.type.quantized else {
      if let zeroPoint = call.inputs[optional: 2] { try requireZero(zeroPoint) }
      let scaled = scratch.tensor(.float32, x.shape)
      rescale(call.platform, x.floats, into: scaled.floats, layout, by: scales, divides: true)
      cast(scaled, into: output, rounding: rounding, on: call.platform)
      return
    }
    let zeroPoint = call.inputs[optional: 2].map { scratch.converted($0, to: $0.type.unpacked, on: call.platform) }
    let target = output.type.isPacked ? scratch.tensor(output.type.unpacked, output.shape) : output
    quantizeLinear(
      call.platform, x.floats, into: target.bytes, type: type, layout, scales: scales,
      zeroPoints: zeroPoint.map { UnsafeRawPointer($0.bytes) })
    if output.type.isPacked {
      saturateBytes(target.bytes, count: output.count, bits: output.type.bitWidth, signed: type == .int8)
      cast(target, into: output, on: call.platform)
    }
  }
}

/// Throws where the zero point of a small float is not 0, the only one there may be.
func requireZero(_ zeroPoint: Tensor) throws(RuntimeError) {
  if !isZero(zeroPoint) {
    throw RuntimeError(.invalidArgument, "the zero point of %t must be 0", Int(zeroPoint.type.rawValue))
  }
}
