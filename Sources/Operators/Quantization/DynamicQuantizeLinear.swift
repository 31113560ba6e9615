import GraphIR
import Kernels
import Tensors

/// Quantises to uint8 by the range of the data: the bytes, their scale and their zero point.
///
/// <https://onnx.ai/onnx/operators/onnx__DynamicQuantizeLinear.html>
struct DynamicQuantizeLinear: OperatorKernel {
  init(_ site: Site) {}

  func infer(_ inputs: Facts) -> [Fact] {
    [Fact(.uint8, inputs[0].shape), Fact(.float32, []), Fact(.uint8, [])]
  }

  func run(_ call: Call) {
    let x = call.inputs[0]
    var (scale, zeroPoint) = dynamicRange(x.floats, x.count)
    call.outputs[optional: 1]?.bytes.storeBytes(of: scale, as: Float.self)
    call.outputs[optional: 2]?.bytes.storeBytes(of: zeroPoint, as: UInt8.self)
    guard let output = call.outputs[optional: 0] else { return }
    quantizeLinear(
      call.platform, x.floats, into: output.bytes, type: .uint8, .tensor(x.count), scales: &scale,
      zeroPoints: &zeroPoint)
  }
}
