import GraphIR
import Kernels
import Tensors

/// Sums or products of all elements up to each one along an axis.
///
/// <https://onnx.ai/onnx/operators/onnx__CumSum.html>, <https://onnx.ai/onnx/operators/onnx__CumProd.html>
struct Cumulative: FamilyKernel {
  private let isProduct: Bool
  private let isExclusive: Bool
  private let isReversed: Bool

  init(_ site: Site, isProduct: Bool) throws(RuntimeError) {
    self.isProduct = isProduct
    isExclusive = try site.flag("exclusive")
    isReversed = try site.flag("reverse")
  }

  static func sum(_ site: Site) throws(RuntimeError) -> Cumulative { try Cumulative(site, isProduct: false) }
  static func product(_ site: Site) throws(RuntimeError) -> Cumulative { try Cumulative(site, isProduct: true) }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] { [inputs[0].withoutValue] }

  func run(_ call: Call) throws(RuntimeError) {
    let x = call.inputs[0]
    let axis = try ShapeRules.axis(try call.scalar(1, default: 0), rank: x.shape.rank)
    scan(
      x.shape.rank == 0 ? x.reshaped([1]) : x, axis: axis, product: isProduct, exclusive: isExclusive,
      reverse: isReversed, into: call.outputs[0], on: call.platform)
  }
}
