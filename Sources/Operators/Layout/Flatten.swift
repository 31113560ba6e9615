import GraphIR
import Tensors

/// The same elements as a matrix: the dims before `axis` are its rows, the others its columns.
///
/// <https://onnx.ai/onnx/operators/onnx__Flatten.html>
struct Flatten: OperatorKernel {
  private let axis: Int

  init(_ site: Site) throws(RuntimeError) { axis = try site.int("axis", default: 1) }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let shape = inputs[0].shape
    guard axis >= -shape.count, axis <= shape.count else {
      throw RuntimeError(.invalidArgument, "axis must be in -%d...%d, got %d", shape.count, shape.count, axis)
    }
    let split = axis < 0 ? axis + shape.count : axis
    return [inputs[0].with(dims: [shape[..<split].productSaturating, shape[split...].productSaturating])]
  }

  func run(_ call: Call) {}
}
