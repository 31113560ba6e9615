import GraphIR
import Kernels
import Tensors

/// The different elements, or slices along an axis, where each first occurs, which one each is, and how often it occurs.
///
/// <https://onnx.ai/onnx/operators/onnx__Unique.html>
struct Unique: OperatorKernel {
  private let axis: Int?
  private let isSorted: Bool

  init(_ site: Site) throws(RuntimeError) {
    axis = try site.node.attributes.int("axis")
    isSorted = try site.flag("sorted", default: true)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    var dims = axis == nil ? [inputs[0].count] : inputs[0].shape
    let axis = try ShapeRules.axis(axis ?? 0, rank: dims.count)
    let size = dims[axis]
    dims[axis] = -1
    return [inputs[0].with(dims: dims), Fact(.int64, [-1]), Fact(.int64, [size]), Fact(.int64, [-1])]
  }

  private func slices(_ call: Call) throws(RuntimeError) -> (UniqueSlices, Storage) {
    var x = call.inputs[0]
    if axis == nil { x = x.reshaped([x.count]) }
    let axis = try ShapeRules.axis(axis ?? 0, rank: x.shape.rank)
    let scratch = try call.allocator.allocate(
      byteCount: UniqueSlices.scratchCount(x.shape[axis]).multipliedReportingOverflow(by: 8).partialValue)
    let slices = UniqueSlices(
      x, axis: axis, sorted: isSorted, scratch: scratch.base.assumingMemoryBound(to: Int.self))
    return (slices, scratch)
  }

  func measure(_ call: Call) throws(RuntimeError) -> [[Int]] {
    let x = call.inputs[0]
    var dims = axis == nil ? [x.count] : x.shape.dims
    let (slices, _) = try slices(call)
    dims[try ShapeRules.axis(axis ?? 0, rank: dims.count)] = slices.count
    return [dims, [slices.count], [slices.size], [slices.count]]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (slices, scratch) = try slices(call)
    if let out = call.outputs[optional: 0] { slices.copy(to: out) }
    if let out = call.outputs[optional: 1] {
      for i in 0..<slices.count { out.elements(Int64.self)[i] = Int64(slices.first[i]) }
    }
    if let out = call.outputs[optional: 2] {
      for i in 0..<out.count { out.elements(Int64.self)[i] = Int64(slices.inverse[i]) }
    }
    if let out = call.outputs[optional: 3] {
      let counts = out.elements(Int64.self)
      for i in 0..<slices.count { counts[i] = 0 }
      for i in 0..<slices.size { counts[slices.inverse[i]] += 1 }
    }
    withExtendedLifetime(scratch) {}
  }
}
