import GraphIR
import Tensors

/// The same elements in another shape.
///
/// <https://onnx.ai/onnx/operators/onnx__Reshape.html>
struct Reshape: OperatorKernel {
  /// The shape before opset 5, where it was an attribute.
  let fixedShape: [Int]?
  /// Whether a 0 in the shape means 0, rather than the input's dim.
  let allowsZero: Bool

  init(_ site: Site) throws(RuntimeError) {
    fixedShape = try site.ints("shape")
    allowsZero = try site.flag("allowzero")
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let data = inputs[0]
    guard let shape = fixedShape ?? inputs[optional: 1]?.integers else { return [data.with(dims: nil)] }
    return [data.with(dims: try resolved(shape, for: data))]
  }

  private func resolved(_ shape: [Int], for data: Fact) throws(RuntimeError) -> [Int] {
    var dims = shape
    var inferred: Int?
    for (axis, dim) in shape.enumerated() {
      if dim == -1, inferred == nil {
        inferred = axis
        dims[axis] = 1
      } else if dim == 0, !allowsZero {
        guard axis < data.rank else {
          throw RuntimeError(.invalidArgument, "shape %v copies dim %d of %v", shapes: shape, data.shape, axis)
        }
        dims[axis] = data.shape[axis]
      } else if dim < 0 {
        throw RuntimeError(.invalidArgument, "a shape may hold -1 once and no other negative dim, got %d", dim)
      }
    }
    if let inferred {
      let rest = dims.productSaturating
      dims[inferred] = rest == 0 ? 0 : data.count / rest
    }
    guard dims.productSaturating == data.count else {
      throw RuntimeError(
        .invalidArgument, "%d elements of shape %v cannot take another shape", shape: data.shape, data.count)
    }
    return dims
  }

  func run(_ call: Call) {}
}
