import GraphIR
import Kernels
import Tensors

/// The determinants of square matrices [batch..., n, n].
///
/// <https://onnx.ai/onnx/operators/onnx__Det.html>
struct Det: OperatorKernel {
  init(_ site: Site) {}

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    try ShapeRules.rank(inputs[0], atLeast: 2)
    let dims = inputs[0].shape
    guard dims[dims.count - 1] == dims[dims.count - 2] else {
      throw RuntimeError(.invalidArgument, "matrices must be square, got %v", shape: dims)
    }
    return [inputs[0].with(dims: dims.dropLast(2))]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    let n = inputs[0].shape.last ?? 0
    return [n, n, 8].productSaturating
  }

  func run(_ call: Call) {
    determinants(call.inputs[0], into: call.outputs[0], scratch: call.scratch.assumingMemoryBound(to: Double.self))
  }
}
