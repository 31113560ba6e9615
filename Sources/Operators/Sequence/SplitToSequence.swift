import GraphIR
import Kernels
import Tensors

/// The parts of a tensor along an axis, as a sequence.
///
/// <https://onnx.ai/onnx/operators/onnx__SplitToSequence.html>
struct SplitToSequence: OperatorKernel {
  private let axis: Int
  private let keepsAxis: Bool

  init(_ site: Site) throws(RuntimeError) {
    axis = try site.int("axis", default: 0)
    keepsAxis = try site.flag("keepdims", default: true)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    try ShapeRules.rank(inputs[0], atLeast: 1)
    _ = try ShapeRules.axis(axis, rank: inputs[0].rank)
    return [.sequence]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let x = try call.tensor(0)
    let axis = try ShapeRules.axis(axis, rank: x.shape.rank)
    let hasSizes = call.inputs[optional: 1] != nil
    let sizes = try sizes(call, length: x.shape[axis])
    var elements: [Value] = []
    let steps = x.shape.strides
    var from = 0
    for size in sizes {
      var dims = x.shape.dims
      dims[axis] = size
      let part = try call.allocator.tensor(x.type, Shape(dims))
      copyStrided(x, from, steps, to: part, 0, part.shape.strides, dims: dims, on: call.platform)
      from += size * steps[axis]
      // Without sizes every part is one slice, whose axis may go.
      if !hasSizes, !keepsAxis { dims.remove(at: axis) }
      elements.append(.tensor(part.reshaped(Shape(dims))))
    }
    call.outputs[value: 0] = .sequence(Value.Sequence(elements))
  }

  /// The lengths of the parts: as they are given, or of one size but for the last.
  private func sizes(_ call: Call, length: Int) throws(RuntimeError) -> [Int] {
    var sizes: [Int] = []
    if let split = call.inputs[optional: 1], split.shape.rank == 1 {
      sizes = split.integers
    } else {
      let size = try call.scalar(1, default: 1)
      guard size > 0 else { throw RuntimeError(.invalidArgument, "the parts must be above 0, got %d", size) }
      var rest = length
      while rest > 0 {
        sizes.append(min(size, rest))
        rest -= min(size, rest)
      }
    }
    guard sizes.allSatisfy({ $0 >= 0 }), sizes.reduce(0, &+) == length else {
      throw RuntimeError(.invalidArgument, "the parts %v must add up to %d", shape: sizes, length)
    }
    return sizes
  }
}
