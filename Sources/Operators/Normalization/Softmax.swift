import GraphIR
import Kernels
import Tensors

/// e^x / Σ e^x along an axis; up to opset 12 over everything from `axis` on.
///
/// <https://onnx.ai/onnx/operators/onnx__Softmax.html>
struct Softmax: OperatorKernel {
  private let span: SoftmaxSpan

  init(_ site: Site) throws(RuntimeError) { span = try SoftmaxSpan(site, opset: site.opset) }

  /// As an opset has it that is not the node's own.
  init(_ site: Site, opset: Int) throws(RuntimeError) { span = try SoftmaxSpan(site, opset: opset) }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] { try span.infer(inputs[0]) }

  func run(_ call: Call) throws(RuntimeError) {
    let (outer, axis, inner) = try span.sizes(call.inputs[0].shape.dims)
    if call.inputs[0].type == .float64 {
      return softmax(
        call.platform, call.inputs[0].reals, into: call.outputs[0].reals, outer: outer, axis: axis, inner: inner,
        logarithm: false)
    }
    softmax(
      call.platform, call.inputs[0].floats, into: call.outputs[0].floats, outer: outer, axis: axis, inner: inner)
  }
}

/// x - log Σ e^x along an axis; up to opset 12 over everything from `axis` on.
///
/// <https://onnx.ai/onnx/operators/onnx__LogSoftmax.html>
struct LogSoftmax: OperatorKernel {
  private let span: SoftmaxSpan

  init(_ site: Site) throws(RuntimeError) { span = try SoftmaxSpan(site, opset: site.opset) }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] { try span.infer(inputs[0]) }

  func run(_ call: Call) throws(RuntimeError) {
    let (outer, axis, inner) = try span.sizes(call.inputs[0].shape.dims)
    if call.inputs[0].type == .float64 {
      return softmax(
        call.platform, call.inputs[0].reals, into: call.outputs[0].reals, outer: outer, axis: axis, inner: inner,
        logarithm: true)
    }
    logSoftmax(
      call.platform, call.inputs[0].floats, into: call.outputs[0].floats, outer: outer, axis: axis, inner: inner)
  }
}

/// What softmax and its siblings sum over.
struct SoftmaxSpan {
  private let axis: Int
  /// Up to opset 12 the input is seen as a matrix that is cut at the axis.
  private let flattens: Bool

  init(_ site: Site, opset: Int) throws(RuntimeError) {
    flattens = opset < 13
    axis = try site.int("axis", default: flattens ? 1 : -1)
  }

  func infer(_ input: Fact) throws(RuntimeError) -> [Fact] {
    _ = try sizes(input.shape)
    return [input.withoutValue]
  }

  /// The dims as [outer, axis, inner].
  func sizes(_ dims: [Int]) throws(RuntimeError) -> (outer: Int, axis: Int, inner: Int) {
    if flattens, axis == dims.count { return (dims.productSaturating, 1, 1) }
    let axis = try ShapeRules.axis(axis, rank: dims.count)
    let outer = dims[..<min(axis, dims.count)].productSaturating
    if flattens { return (outer, dims[axis...].productSaturating, 1) }
    if dims.isEmpty { return (1, 1, 1) }
    return (outer, dims[axis], dims[(axis + 1)...].productSaturating)
  }
}
