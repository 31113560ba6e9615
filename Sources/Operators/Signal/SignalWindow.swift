import GraphIR
import Kernels
import Tensors

/// Window functions: a sum of cosines over a number of positions.
///
/// <https://onnx.ai/onnx/operators/onnx__HannWindow.html>, and Hamming and Blackman.
struct SignalWindow: FamilyKernel {
  private let type: ElementType
  private let isPeriodic: Bool
  private let coefficients: (Double, Double, Double)

  static func hann(_ site: Site) throws(RuntimeError) -> SignalWindow { try SignalWindow(site, (0.5, 0.5, 0)) }
  static func hamming(_ site: Site) throws(RuntimeError) -> SignalWindow {
    try SignalWindow(site, (25.0 / 46, 21.0 / 46, 0))
  }
  static func blackman(_ site: Site) throws(RuntimeError) -> SignalWindow { try SignalWindow(site, (0.42, 0.5, 0.08)) }

  private init(_ site: Site, _ coefficients: (Double, Double, Double)) throws(RuntimeError) {
    self.coefficients = coefficients
    isPeriodic = try site.flag("periodic", default: true)
    type = try site.numericType("output_datatype")
    site.types.answer = type
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    guard inputs[0].count == 1 else {
      throw RuntimeError(.invalidArgument, "the size must be one integer, got %v", shape: inputs[0].shape)
    }
    guard let size = inputs[0].integers?.first else { return [Fact(type, [-1])] }
    guard size >= 0 else { throw RuntimeError(.invalidArgument, "the size must not be negative, got %d", size) }
    return [Fact(type, [size])]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int { (inputs[0].integers?.first ?? 0) * 8 }

  func run(_ call: Call) {
    let output = call.outputs[0]
    let values = Tensor(.float64, output.shape, Storage(borrowed: call.scratch, byteCount: output.count * 8))
    let period = Double(isPeriodic ? output.count : max(output.count - 1, 1))
    for i in 0..<output.count {
      let angle = 2 * Double.pi * Double(i) / period
      values.setReal(
        i, coefficients.0 - coefficients.1 * CMath.cos(angle) + coefficients.2 * CMath.cos(2 * angle))
    }
    cast(values, into: output, on: call.platform)
  }
}

extension Site {
  /// A type that numbers can be cast to, float32 where attribute `name` is not given.
  func numericType(_ name: StaticString) throws(RuntimeError) -> ElementType {
    let raw = try int(name, default: 1)
    guard let type = UInt8(exactly: raw).flatMap(ElementType.init(rawValue:)), TypeSet.numbers.contains(type) else {
      throw RuntimeError(.notImplemented, "values of type %t are not implemented", raw)
    }
    return type
  }
}
