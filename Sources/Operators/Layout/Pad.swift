import GraphIR
import Kernels
import Tensors

/// Puts elements before and behind each axis, or takes some away.
///
/// <https://onnx.ai/onnx/operators/onnx__Pad.html>. Before opset 11 the counts and the value were attributes.
struct Pad: OperatorKernel {
  private let mode: PadMode
  private let fixedPads: [Int]?
  private let value: Float

  init(_ site: Site) throws(RuntimeError) {
    fixedPads = try site.ints(site.opset < 2 ? "paddings" : "pads")
    value = try site.float("value", default: 0)
    let name = try site.string("mode") ?? "constant"
    guard let mode = Pad.mode(name) else {
      throw RuntimeError(.invalidGraph, "mode must be constant, reflect, edge or wrap, got %s", name: name)
    }
    self.mode = mode
  }

  private static func mode(_ name: Name) -> PadMode? {
    if name == "constant" { return .constant }
    if name == "reflect" { return .reflect }
    if name == "edge" { return .edge }
    return name == "wrap" ? .wrap : nil
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let data = inputs[0]
    if let axes = inputs[optional: 3], axes.integers == nil { return [data.with(dims: nil)] }
    guard let pads = fixedPads ?? inputs[optional: 1]?.integers else { return [data.with(dims: nil)] }
    if let value = inputs[optional: 2] {
      if value.count != 1 {
        throw RuntimeError(.invalidArgument, "the value must be one element, got shape %v", shape: value.shape)
      }
    }
    let (before, after) = try perAxis(pads, inputs[optional: 3]?.integers, rank: data.rank)
    var dims = data.shape
    for axis in 0..<data.rank {
      let kept = dims[axis] + min(before[axis], 0) + min(after[axis], 0)
      let (sum, overflow) = before[axis].addingReportingOverflow(after[axis])
      guard !overflow, kept >= 0, sum < Int.max / 2 else {
        throw RuntimeError(.invalidArgument, "pads %v do not fit shape %v", shapes: pads, data.shape)
      }
      dims[axis] += sum
      if mode != .constant, kept == 0, dims[axis] > 0 {
        throw RuntimeError(
          .invalidArgument, "dim %d of %v is empty and has nothing to repeat", shape: data.shape, axis)
      }
    }
    return [data.with(dims: dims)]
  }

  /// The counts before and behind every axis.
  private func perAxis(_ pads: [Int], _ axes: [Int]?, rank: Int) throws(RuntimeError) -> ([Int], [Int]) {
    let axes = try axes.map { axes throws(RuntimeError) in try ShapeRules.axes(axes, rank: rank) } ?? Array(0..<rank)
    guard pads.count == 2 * axes.count else {
      throw RuntimeError(
        .invalidArgument, "there must be two pads for each of %d axes, got %v", shape: pads, axes.count)
    }
    var (before, after) = ([Int](repeating: 0, count: rank), [Int](repeating: 0, count: rank))
    for (i, axis) in axes.enumerated() {
      before[axis] = pads[i]
      after[axis] = pads[axes.count + i]
    }
    return (before, after)
  }

  func run(_ call: Call) throws(RuntimeError) {
    let x = call.inputs[0]
    let pads = fixedPads ?? call.inputs[1].integers
    let (before, after) = try perAxis(pads, call.inputs[optional: 3]?.integers, rank: x.shape.rank)
    var value = call.inputs[optional: 2]
    if value == nil, self.value != 0 {
      let number = try call.allocator.tensor(.float32, [])
      number.elements(Float.self)[0] = self.value
      let own = try call.allocator.tensor(x.type, [])
      cast(number, into: own, on: .serial)
      value = own
    }
    pad(x, before: before, after: after, mode: mode, value: value, into: call.outputs[0], on: call.platform)
  }
}
