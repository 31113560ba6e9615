import GraphIR
import Kernels
import Tensors

/// Keeps every element between two bounds; where they cross, the upper one holds.
///
/// <https://onnx.ai/onnx/operators/onnx__Clip.html>. Before opset 11 the bounds were attributes.
struct Clip: OperatorKernel {
  static let isElementwise = true

  private let low: Float
  private let high: Float

  init(_ site: Site) throws(RuntimeError) {
    low = try site.float("min", default: -.infinity)
    high = try site.float("max", default: .infinity)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    for i in 1...2 {
      guard let bound = inputs[optional: i] else { continue }
      guard bound.count == 1 else {
        throw RuntimeError(.invalidArgument, "a bound must be one number, got shape %v", shape: bound.shape)
      }
    }
    return [inputs[0].withoutValue]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (x, out) = (call.inputs[0], call.outputs[0])
    let row = x.type.rowType!
    let (low, high) = (try bound(call, 1, low), try bound(call, 2, high))
    if row == .f32 {
      return map(
        .clip(low?.float ?? -.infinity, high?.float ?? .infinity), x, into: out, as: row, on: call.platform)
    }
    if let low { broadcast(.maximum, x, low, into: out, as: row, on: call.platform) } else { copyAll(x, to: out) }
    if let high { broadcast(.minimum, out, high, into: out, as: row, on: call.platform) }
  }

  /// The bound that is input `i`, or what an attribute says instead.
  private func bound(_ call: Call, _ i: Int, _ given: Float) throws(RuntimeError) -> Tensor? {
    if let bound = call.inputs[optional: i] { return bound.reshaped(.scalar) }
    if given.isInfinite { return nil }
    let number = try call.allocator.tensor(.float32, .scalar)
    number.floats[0] = given
    let own = try call.allocator.tensor(call.inputs[0].type, .scalar)
    cast(number, into: own, on: .serial)
    return own
  }
}

extension Tensor {
  /// The first element of a float32, float16 or bfloat16 tensor.
  fileprivate var float: Float {
    switch type {
    case .float32: bytes.load(as: Float.self)
    case .float16: Half.widen(bytes.load(as: UInt16.self))
    default: BFloat16.widen(bytes.load(as: UInt16.self))
    }
  }
}
