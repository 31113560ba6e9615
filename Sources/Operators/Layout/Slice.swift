import GraphIR
import Kernels
import Tensors

/// Every `step`-th element from `start` to before `end`, along some axes.
///
/// <https://onnx.ai/onnx/operators/onnx__Slice.html>. Before opset 10 the bounds were attributes.
struct Slice: OperatorKernel {
  private let fixed: Bounds?

  private struct Bounds {
    var starts: [Int]
    var ends: [Int]
    var axes: [Int]?
    var steps: [Int]?
  }

  /// What is taken of a tensor: where it begins, its dims, and the distance in elements along each.
  private struct Box {
    var from = 0
    var dims: [Int]
    var steps: [Int]
  }

  init(_ site: Site) throws(RuntimeError) {
    fixed =
      if let starts = try site.ints("starts"), let ends = try site.ints("ends") {
        Bounds(starts: starts, ends: ends, axes: try site.ints("axes"))
      } else {
        nil
      }
    if fixed == nil, !site.has(input: 2) {
      throw RuntimeError(.invalidGraph, "starts and ends must be given")
    }
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let data = inputs[0]
    guard let bounds = bounds(inputs) else { return [data.with(dims: [Int](repeating: -1, count: data.rank))] }
    return [data.with(dims: try box(data.shape, bounds).dims)]
  }

  /// Nil where they are not known yet.
  private func bounds(_ inputs: Facts) -> Bounds? {
    if let fixed { return fixed }
    for i in 1..<inputs.count {
      if let given = inputs[optional: i], given.integers == nil { return nil }
    }
    return Bounds(
      starts: inputs[1].integers!, ends: inputs[2].integers!, axes: inputs[optional: 3]?.integers,
      steps: inputs[optional: 4]?.integers)
  }

  func movesNothing(_ inputs: Facts) -> Bool {
    let dims = inputs[0].shape
    guard let bounds = bounds(inputs), let box = try? box(dims, bounds) else { return false }
    return box.dims == dims && box.from == 0 && box.steps == dims.packedStrides
  }

  private func box(_ dims: [Int], _ bounds: Bounds) throws(RuntimeError) -> Box {
    var box = Box(dims: dims, steps: dims.packedStrides)
    let axes = try ShapeRules.axes(bounds.axes ?? Array(0..<bounds.starts.count), rank: dims.count)
    let steps = bounds.steps ?? [Int](repeating: 1, count: axes.count)
    guard bounds.starts.count == axes.count, bounds.ends.count == axes.count, steps.count == axes.count else {
      throw RuntimeError(
        .invalidArgument, "starts, ends, axes and steps must be of one length, got %d, %d and %d", bounds.starts.count,
        bounds.ends.count, axes.count)
    }
    for (i, axis) in axes.enumerated() {
      let (dim, step) = (dims[axis], steps[i])
      if step == 0 { throw RuntimeError(.invalidArgument, "steps must not be 0") }
      func clamped(_ bound: Int, _ range: ClosedRange<Int>) -> Int {
        min(max(bound < 0 ? bound + dim : bound, range.lowerBound), range.upperBound)
      }
      var (start, size) = (0, 0)
      if dim > 0 {
        start = clamped(bounds.starts[i], 0...(step > 0 ? dim : dim - 1))
        let end = clamped(bounds.ends[i], step > 0 ? 0...dim : -1...dim - 1)
        let distance = step > 0 ? end - start : start - end
        size = distance <= 0 ? 0 : 1 + (distance - 1) / Int(clamping: step.magnitude)
      }
      box.from += size == 0 ? 0 : start * box.steps[axis]
      box.dims[axis] = size
      // A step that is longer than the dim is never taken, and could overflow.
      box.steps[axis] *= size <= 1 ? 1 : step
    }
    return box
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (x, out) = (call.inputs[0], call.outputs[0])
    let bounds =
      fixed
      ?? Bounds(
        starts: call.inputs[1].integers, ends: call.inputs[2].integers, axes: call.inputs[optional: 3]?.integers,
        steps: call.inputs[optional: 4]?.integers)
    let box = try box(x.shape.dims, bounds)
    copyStrided(x, box.from, box.steps, to: out, 0, out.shape.strides, dims: box.dims, on: call.platform)
  }
}
