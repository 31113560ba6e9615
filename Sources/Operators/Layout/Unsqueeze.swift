import GraphIR
import Tensors

/// The same elements with dims of 1 put in, where the axes of the result say.
///
/// <https://onnx.ai/onnx/operators/onnx__Unsqueeze.html>. The axes were an attribute before opset 13.
struct Unsqueeze: OperatorKernel {
  private let fixedAxes: [Int]?

  init(_ site: Site) throws(RuntimeError) { fixedAxes = try site.ints("axes") }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let data = inputs[0]
    guard let given = fixedAxes ?? inputs[optional: 1]?.integers else { return [data.with(dims: nil)] }
    let axes = try ShapeRules.axes(given, rank: data.rank + given.count)
    var dims = data.shape
    for axis in ascending(axes) { dims.insert(1, at: axis) }
    return [data.with(dims: dims)]
  }

  func run(_ call: Call) {}
}
