import GraphIR
import Tensors

/// The same elements without some dims of 1, or all of them.
///
/// <https://onnx.ai/onnx/operators/onnx__Squeeze.html>. The axes were an attribute before opset 13.
struct Squeeze: OperatorKernel {
  private let fixedAxes: [Int]?

  init(_ site: Site) throws(RuntimeError) { fixedAxes = try site.ints("axes") }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let data = inputs[0]
    if let given = inputs[optional: 1], given.integers == nil { return [data.with(dims: nil)] }
    guard let given = fixedAxes ?? inputs[optional: 1]?.integers else {
      return [data.with(dims: data.shape.filter { $0 != 1 })]
    }
    let axes = try ShapeRules.axes(given, rank: data.rank)
    for axis in axes where data.shape[axis] != 1 {
      throw RuntimeError(.invalidArgument, "dim %d of %v must be 1", shape: data.shape, axis)
    }
    return [data.with(dims: Reduce.dims(data.shape, without: axes, keepsDims: false))]
  }

  func run(_ call: Call) {}
}
