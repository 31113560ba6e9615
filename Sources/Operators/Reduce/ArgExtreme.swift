import GraphIR
import Kernels
import Tensors

/// The position of the greatest or least element along an axis.
///
/// <https://onnx.ai/onnx/operators/onnx__ArgMax.html>, <https://onnx.ai/onnx/operators/onnx__ArgMin.html>
struct ArgExtreme: FamilyKernel {
  private let greatest: Bool
  private let axis: Int
  private let keepsDims: Bool
  private let selectsLast: Bool

  init(_ site: Site, greatest: Bool) throws(RuntimeError) {
    self.greatest = greatest
    axis = try site.int("axis", default: 0)
    keepsDims = try site.flag("keepdims", default: true)
    selectsLast = try site.flag("select_last_index")
  }

  static func max(_ site: Site) throws(RuntimeError) -> ArgExtreme { try ArgExtreme(site, greatest: true) }
  static func min(_ site: Site) throws(RuntimeError) -> ArgExtreme { try ArgExtreme(site, greatest: false) }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let data = inputs[0]
    let axis = try ShapeRules.axis(axis, rank: data.rank)
    if data.rank == 0 { return [Fact(.int64, [])] }
    if data.shape[axis] == 0 {
      throw RuntimeError(.invalidArgument, "dim %d of %v must not be 0", shape: data.shape, axis)
    }
    return [Fact(.int64, Reduce.dims(data.shape, without: [axis], keepsDims: keepsDims))]
  }

  func run(_ call: Call) throws(RuntimeError) {
    var x = call.inputs[0]
    if x.shape.rank == 0 { x = x.reshaped([1]) }
    argExtreme(
      x, axis: try ShapeRules.axis(axis, rank: x.shape.rank), greatest: greatest, selectLast: selectsLast,
      into: call.outputs[0], on: call.platform)
  }
}
