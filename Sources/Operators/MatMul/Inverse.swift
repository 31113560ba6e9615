import GraphIR
import Kernels
import Tensors

/// The inverses of square matrices [batch..., n, n].
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.Inverse>
struct Inverse: OperatorKernel {
  init(_ site: Site) {}

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    try ShapeRules.rank(inputs[0], atLeast: 2)
    let dims = inputs[0].shape
    guard dims[dims.count - 1] == dims[dims.count - 2] else {
      throw RuntimeError(.invalidArgument, "matrices must be square, got %v", shape: dims)
    }
    return [inputs[0].withoutValue]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    let n = inputs[0].shape.last ?? 0
    return [n, n, 16].productSaturating
  }

  func run(_ call: Call) {
    inverses(call.inputs[0], into: call.outputs[0], scratch: call.scratch.assumingMemoryBound(to: Double.self))
  }
}
