import GraphIR
import Kernels
import Tensors

/// The slices along an axis, or the elements, where a condition is true.
///
/// <https://onnx.ai/onnx/operators/onnx__Compress.html>
struct Compress: OperatorKernel {
  private let axis: Int?

  init(_ site: Site) throws(RuntimeError) { axis = try site.node.attributes.int("axis") }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    var dims = axis == nil ? [inputs[0].count] : inputs[0].shape
    try ShapeRules.rank(inputs[1], 1, input: 1)
    dims[try ShapeRules.axis(axis ?? 0, rank: dims.count)] = -1
    return [inputs[0].with(dims: dims)]
  }

  func measure(_ call: Call) throws(RuntimeError) -> [[Int]] {
    let data = call.inputs[0]
    var dims = axis == nil ? [data.count] : data.shape.dims
    let axis = try ShapeRules.axis(axis ?? 0, rank: dims.count)
    let flags = call.inputs[1].elements(UInt8.self)
    dims[axis] = flags.prefix(dims[axis]).reduce(0) { $0 + ($1 == 0 ? 0 : 1) }
    return [dims]
  }

  func run(_ call: Call) throws(RuntimeError) {
    var data = call.inputs[0]
    if axis == nil { data = data.reshaped(Shape([data.count])) }
    compress(
      data, call.inputs[1], axis: try ShapeRules.axis(axis ?? 0, rank: data.shape.rank), into: call.outputs[0])
  }
}
