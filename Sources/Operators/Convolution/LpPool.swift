import GraphIR
import Kernels
import Tensors

/// The p-norm of each window.
///
/// <https://onnx.ai/onnx/operators/onnx__LpPool.html>
struct LpPool: OperatorKernel {
  private let attributes: WindowAttributes
  private let kernel: [Int]
  private let p: Int

  init(_ site: Site) throws(RuntimeError) {
    attributes = try WindowAttributes(site)
    kernel = try site.required("kernel_shape", attributes.kernelShape)
    p = try site.normOrder()
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let x = inputs[0]
    try ShapeRules.rank(x, atLeast: 3)
    let window = try attributes.window(input: Array(x.shape[2...]), kernel: kernel)
    return [x.with(dims: Array(x.shape[..<2]) + window.output.dims(x.rank - 2))]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let x = call.inputs[0]
    let window = try attributes.window(input: Array(x.shape.dims[2...]), kernel: kernel)
    if x.type == .float64 {
      return lpPool(
        call.platform, x.reals, into: call.outputs[0].reals, planes: x.shape[0] * x.shape[1], window, p: p)
    }
    lpPool(call.platform, x.floats, into: call.outputs[0].floats, planes: x.shape[0] * x.shape[1], window, p: p)
  }
}

/// The p-norm of each channel.
///
/// <https://onnx.ai/onnx/operators/onnx__GlobalLpPool.html>
struct GlobalLpPool: OperatorKernel {
  private let p: Int

  init(_ site: Site) throws(RuntimeError) { p = try site.normOrder() }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let x = inputs[0]
    try ShapeRules.rank(x, atLeast: 2)
    return [x.with(dims: Array(x.shape[..<2]) + [Int](repeating: 1, count: x.rank - 2))]
  }

  func run(_ call: Call) {
    let x = call.inputs[0]
    if x.type == .float64 {
      return lpNorm(
        call.platform, x.reals, into: call.outputs[0].reals, outer: x.shape[0] * x.shape[1],
        count: x.shape.dims[2...].productSaturating, inner: 1, p: p)
    }
    lpNorm(
      call.platform, x.floats, into: call.outputs[0].floats, outer: x.shape[0] * x.shape[1],
      count: x.shape.dims[2...].productSaturating, inner: 1, p: p)
  }
}

extension Site {
  /// The `p` of a p-norm.
  func normOrder() throws(RuntimeError) -> Int {
    // Pools of opset 1 had a float.
    if opset < 2, case .float = node.attributes[Name("p")] {
      let p = try float("p", default: 2)
      guard p > 0, p < 1e6, p == p.rounded() else {
        throw RuntimeError(
          .notImplemented, "p must be a whole number above 0, about %d is not", p.magnitude < 1e9 ? Int(p) : 0)
      }
      return Int(p)
    }
    let p = try int("p", default: 2)
    guard p > 0 else { throw RuntimeError(.invalidGraph, "p must be above 0, got %d", p) }
    return p
  }
}
