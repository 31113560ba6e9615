import GraphIR
import Kernels
import Tensors

/// (x - zero point) · scale.
///
/// <https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html>
struct DequantizeLinear: OperatorKernel {
  private let grain: QuantizationGrain
  private let givenType: ElementType?

  init(_ site: Site) throws(RuntimeError) {
    grain = try QuantizationGrain(site)
    let raw = try site.int("output_dtype", default: 0)
    givenType = raw == 0 ? nil : UInt8(exactly: raw).flatMap(ElementType.init(rawValue:))
    if raw != 0, givenType.map({ !TypeSet.float32AndHalves.contains($0) }) ?? true {
      throw RuntimeError(.notImplemented, "output_dtype %t is not implemented", raw)
    }
    guard givenType != nil else { return }
    site.types.answer = givenType
    site.types.letters = "TvT>a"
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (x, scale) = (inputs[0], inputs[1])
    let type = givenType ?? scale.type
    _ = try grain.layout(x.shape, scale: scale.shape)
    try grain.check(zeroPoint: inputs[optional: 2], scale: scale)
    return [Fact(type, x.shape)]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    let (x, scale) = (inputs[0], inputs[1])
    var count = ScratchMemory.converting(scale, to: .float32)
    if (givenType ?? scale.type) != .float32 { count += ScratchMemory.byteCount(x.count * 4) }
    if x.type.isSmallFloat { return count }
    count += ScratchMemory.converting(x, to: x.type.unpacked)
    if let zeroPoint = inputs[optional: 2] { count += ScratchMemory.converting(zeroPoint, to: x.type.unpacked) }
    return count
  }

  func run(_ call: Call) throws(RuntimeError) {
    var scratch = ScratchMemory(call)
    let (x, output) = (call.inputs[0], call.outputs[0])
    let layout = try grain.layout(x.shape.dims, scale: call.inputs[1].shape.dims)
    let scales = UnsafePointer(scratch.converted(call.inputs[1], to: .float32, on: call.platform).floats)
    let target = output.type == .float32 ? output : scratch.tensor(.float32, output.shape)
    if let type = x.type.quantized {
      let bytes = scratch.converted(x, to: x.type.unpacked, on: call.platform)
      let zeroPoint = call.inputs[optional: 2].map { scratch.converted($0, to: x.type.unpacked, on: call.platform) }
      dequantizeLinear(
        call.platform, bytes.bytes, type: type, into: target.floats, layout, scales: scales,
        zeroPoints: zeroPoint.map { UnsafeRawPointer($0.bytes) })
    } else {
      if let zeroPoint = call.inputs[optional: 2] { try requireZero(zeroPoint) }
      cast(x, into: target, on: call.platform)
      rescale(call.platform, target.floats, into: target.floats, layout, by: scales, divides: false)
    }
    if output.type != .float32 { cast(target, into: output, on: call.platform) }
  }
}
