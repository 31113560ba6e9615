import GraphIR
import Kernels
import Tensors

/// The ten Reduce operators: sums, means, products, extremes and norms along axes.
///
/// <https://onnx.ai/onnx/operators/onnx__ReduceSum.html> and its siblings. The axes were an attribute before opset 13
/// (ReduceSum) or 18 (the others), and are an input since.
struct Reduce: FamilyKernel {
  private let reduction: Reduction
  private let keepsDims: Bool
  private let fixedAxes: [Int]?
  /// Whether no axes mean none, rather than all.
  private let isIdentityWithoutAxes: Bool

  init(_ site: Site, _ reduction: Reduction) throws(RuntimeError) {
    self.reduction = reduction
    keepsDims = try site.flag("keepdims", default: true)
    fixedAxes = try site.ints("axes")
    isIdentityWithoutAxes = try site.flag("noop_with_empty_axes")
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let data = inputs[0]
    if let given = inputs[optional: 1], given.integers == nil, given.count > 0 {
      return [data.with(dims: nil)]
    }
    let axes = try axes(fixedAxes ?? inputs[optional: 1]?.integers ?? [], rank: data.rank)
    return [data.with(dims: Reduce.dims(data.shape, without: axes, keepsDims: keepsDims))]
  }

  /// The axes to reduce, in order.
  private func axes(_ given: [Int], rank: Int) throws(RuntimeError) -> [Int] {
    if given.isEmpty { return isIdentityWithoutAxes ? [] : Array(0..<rank) }
    return try ShapeRules.axes(given, rank: rank).filter { $0 < rank }
  }

  static func dims(_ dims: [Int], without axes: [Int], keepsDims: Bool) -> [Int] {
    var result: [Int] = []
    for (axis, dim) in dims.enumerated() {
      if !axes.contains(axis) { result.append(dim) } else if keepsDims { result.append(1) }
    }
    return result
  }

  func run(_ call: Call) throws(RuntimeError) {
    let x = call.inputs[0]
    let axes = try axes(fixedAxes ?? call.inputs[optional: 1]?.integers ?? [], rank: x.shape.rank)
    reduce(reduction, x, axes: axes, into: call.outputs[0], on: call.platform)
  }
}

extension Operator {
  /// A row of a reduction.
  init(_ name: StaticString, types: TypeSet = .numbers, reduce reduction: @autoclosure @escaping () -> Reduction) {
    self.init(name, since: 1, 1...2, types: types, signature: "Ti>T") { site throws(RuntimeError) in
      try Reduce(site, reduction())
    }
  }
}
