import GraphIR
import Kernels
import Tensors

/// A copy of a tensor in which the elements that indices point at are replaced, or combined with new ones.
///
/// <https://onnx.ai/onnx/operators/onnx__ScatterElements.html>; it was called Scatter before opset 11.
struct ScatterElements: OperatorKernel {
  private let axis: Int
  private let reduction: BinaryRows?

  init(_ site: Site) throws(RuntimeError) {
    axis = try site.int("axis", default: 0)
    reduction = try ScatterND.reduction(site)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (data, indices, updates) = (inputs[0], inputs[1], inputs[2])
    try ShapeRules.elementIndices(indices, in: data, axis: try ShapeRules.axis(axis, rank: data.rank))
    guard updates.shape == indices.shape else {
      throw RuntimeError(
        .invalidArgument, "updates must have the shape of the indices, got %v and %v",
        shapes: updates.shape, indices.shape)
    }
    return [data.withoutValue]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (data, indices) = (call.inputs[0], call.inputs[1])
    let axis = try ShapeRules.axis(axis, rank: data.shape.rank)
    try ShapeRules.check(indices, within: [data.shape[axis]])
    scatterElements(data, indices, call.inputs[2], axis: axis, reduction: reduction, into: call.outputs[0])
  }
}

/// A copy of a tensor in which the slices that tuples of indices point at are replaced, or combined with new ones.
///
/// <https://onnx.ai/onnx/operators/onnx__ScatterND.html>
struct ScatterND: OperatorKernel {
  private let reduction: BinaryRows?

  init(_ site: Site) throws(RuntimeError) { reduction = try ScatterND.reduction(site) }

  /// How an element meets a new one; `nil` where it is replaced.
  static func reduction(_ site: Site) throws(RuntimeError) -> BinaryRows? {
    guard let name = try site.string("reduction"), !(name == "none") else { return nil }
    site.types.first = .combinable
    if name == "add" { return .add }
    if name == "mul" { return .multiply }
    if name == "max" { return .maximum }
    if name == "min" { return .minimum }
    throw RuntimeError(.invalidGraph, "reduction must be none, add, mul, max or min, got %s", name: name)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (data, indices, updates) = (inputs[0].shape, inputs[1].shape, inputs[2].shape)
    guard let depth = indices.last, depth <= data.count, updates == Array(indices.dropLast() + data[depth...]) else {
      throw RuntimeError(
        .invalidArgument, "updates %v and indices %v do not fit data %v", shapes: [updates, indices, data])
    }
    return [inputs[0].withoutValue]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (data, indices) = (call.inputs[0], call.inputs[1])
    let depth = indices.shape[indices.shape.rank - 1]
    try ShapeRules.check(indices, within: Array(data.shape.dims[..<depth]))
    scatterND(data, indices, call.inputs[2], reduction: reduction, into: call.outputs[0])
  }
}
