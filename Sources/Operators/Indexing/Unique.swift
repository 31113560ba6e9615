import GraphIR
import Kernels
import Tensors

/// The different elements, or slices along an axis, where each first occurs, which one each is, and how often it occurs.
///
/// <https://onnx.ai/onnx/operators/onnx__Unique.html>
struct Unique: OperatorKernel {
  private let axis: Int?
  private let isSorted: Bool
  /// Whether output 1 says where each first occurs.
  private let hasFirst: Bool

  init(_ site: Site) throws(RuntimeError) {
    axis = try site.node.attributes.int("axis")
    isSorted = try site.flag("sorted", default: true)
    hasFirst = true
  }

  /// com.microsoft's: elements of a vector in the order they first occur, which one each is, and how often it occurs.
  static func microsoft(_ site: Site) -> Unique { Unique(axis: nil, isSorted: false, hasFirst: false) }

  private init(axis: Int?, isSorted: Bool, hasFirst: Bool) {
    (self.axis, self.isSorted, self.hasFirst) = (axis, isSorted, hasFirst)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    var dims = axis == nil ? [inputs[0].count] : inputs[0].shape
    let axis = try ShapeRules.axis(axis ?? 0, rank: dims.count)
    let size = dims[axis]
    dims[axis] = -1
    let unique = Fact(.int64, [-1])
    return [inputs[0].with(dims: dims)] + (hasFirst ? [unique] : []) + [Fact(.int64, [size]), unique]
  }

  private func slices(_ call: Call) throws(RuntimeError) -> (UniqueSlices, Storage) {
    var x = call.inputs[0]
    if axis == nil { x = x.reshaped([x.count]) }
    let axis = try ShapeRules.axis(axis ?? 0, rank: x.shape.rank)
    let scratch = try call.allocator.allocate(
      byteCount: UniqueSlices.scratchByteCount(x.shape[axis]))
    return (UniqueSlices(x, axis: axis, sorted: isSorted, scratch: scratch.base), scratch)
  }

  func measure(_ call: Call) throws(RuntimeError) -> [[Int]] {
    let x = call.inputs[0]
    var dims = axis == nil ? [x.count] : x.shape.dims
    let (slices, _) = try slices(call)
    dims[try ShapeRules.axis(axis ?? 0, rank: dims.count)] = slices.count
    return [dims] + (hasFirst ? [[slices.count]] : []) + [[slices.size], [slices.count]]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (slices, scratch) = try slices(call)
    if let out = call.outputs[optional: 0] { slices.copy(to: out) }
    if hasFirst, let out = call.outputs[optional: 1] {
      for i in 0..<slices.count { out.elements(Int64.self)[i] = Int64(slices.first[i]) }
    }
    let inverse = hasFirst ? 2 : 1
    if let out = call.outputs[optional: inverse] {
      for i in 0..<out.count { out.elements(Int64.self)[i] = Int64(slices.inverse[i]) }
    }
    if let out = call.outputs[optional: inverse + 1] {
      let counts = out.elements(Int64.self)
      for i in 0..<slices.count { counts[i] = 0 }
      for i in 0..<slices.size { counts[slices.inverse[i]] += 1 }
    }
    withExtendedLifetime(scratch) {}
  }
}
