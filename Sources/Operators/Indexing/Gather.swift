import GraphIR
import Kernels
import Tensors

/// Slices along an axis, one for each index.
///
/// <https://onnx.ai/onnx/operators/onnx__Gather.html>
struct Gather: OperatorKernel {
  private let axis: Int

  init(_ site: Site) throws(RuntimeError) { axis = try site.int("axis", default: 0) }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (data, indices) = (inputs[0], inputs[1])
    try ShapeRules.rank(data, atLeast: 1)
    let axis = try ShapeRules.axis(axis, rank: data.rank)
    return [data.with(dims: data.shape[..<axis] + indices.shape + data.shape[(axis + 1)...])]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (data, indices) = (call.inputs[0], call.inputs[1])
    let axis = try ShapeRules.axis(axis, rank: data.shape.rank)
    try ShapeRules.check(indices, within: [data.shape[axis]])
    gather(data, indices, axis: axis, into: call.outputs[0], on: call.platform)
  }
}

/// One element along an axis for each index, at the index's own place in the other dims.
///
/// <https://onnx.ai/onnx/operators/onnx__GatherElements.html>
struct GatherElements: OperatorKernel {
  private let axis: Int

  init(_ site: Site) throws(RuntimeError) { axis = try site.int("axis", default: 0) }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (data, indices) = (inputs[0], inputs[1])
    try ShapeRules.elementIndices(indices, in: data, axis: try ShapeRules.axis(axis, rank: data.rank))
    return [data.with(dims: indices.shape)]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (data, indices) = (call.inputs[0], call.inputs[1])
    let axis = try ShapeRules.axis(axis, rank: data.shape.rank)
    try ShapeRules.check(indices, within: [data.shape[axis]])
    gatherElements(data, indices, axis: axis, into: call.outputs[0])
  }
}

/// The slices that tuples of indices point at.
///
/// <https://onnx.ai/onnx/operators/onnx__GatherND.html>
struct GatherND: OperatorKernel {
  private let batchDims: Int

  init(_ site: Site) throws(RuntimeError) { batchDims = try site.int("batch_dims", default: 0) }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (data, indices) = (inputs[0].shape, inputs[1].shape)
    guard let depth = indices.last, batchDims >= 0, batchDims < indices.count, batchDims + depth <= data.count,
      data[..<batchDims] == indices[..<batchDims]
    else {
      throw RuntimeError(
        .invalidArgument, "indices %v must point into %v behind %d common dims", shapes: indices, data, batchDims)
    }
    return [inputs[0].with(dims: indices.dropLast() + data[(batchDims + depth)...])]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (data, indices) = (call.inputs[0], call.inputs[1])
    let depth = indices.shape[indices.shape.rank - 1]
    try ShapeRules.check(indices, within: Array(data.shape.dims[batchDims..<(batchDims + depth)]))
    gatherND(data, indices, batchDims: batchDims, into: call.outputs[0])
  }
}
