import GraphIR
import Kernels
import Tensors

/// 1 at the first greatest element along an axis, 0 elsewhere; up to opset 12 of everything from `axis` on.
///
/// <https://onnx.ai/onnx/operators/onnx__Hardmax.html>
struct Hardmax: OperatorKernel {
  private let span: SoftmaxSpan

  init(_ site: Site) throws(RuntimeError) { span = try SoftmaxSpan(site, opset: site.opset) }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] { try span.infer(inputs[0]) }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    inputs[0].count.multipliedReportingOverflow(by: 8).partialValue
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (x, out) = (call.inputs[0], call.outputs[0])
    let (outer, axis, inner) = try span.sizes(x.shape.dims)
    guard x.count > 0 else { return }
    let indices = Tensor(
      .int64, Shape([outer, inner]), Storage(borrowed: call.scratch, byteCount: outer * inner * 8))
    argExtreme(
      x.reshaped(Shape([outer, axis, inner])), axis: 1, greatest: true, selectLast: false, into: indices,
      on: call.platform)
    let (numbers, values) = (try call.allocator.tensor(.uint8, [2]), try call.allocator.tensor(x.type, [2]))
    (numbers.elements(UInt8.self)[0], numbers.elements(UInt8.self)[1]) = (0, 1)
    cast(numbers, into: values, on: .serial)
    oneHot(indices, depth: axis, values: values, axis: 1, into: out)
  }
}
