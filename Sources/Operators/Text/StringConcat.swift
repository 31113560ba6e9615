import GraphIR
import Kernels
import Tensors

/// Joins strings element by element, with broadcasting.
///
/// <https://onnx.ai/onnx/operators/onnx__StringConcat.html>
struct StringConcat: OperatorKernel {
  init(_ site: Site) {}

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    return [Fact(.string, try ShapeRules.broadcast(inputs[0].shape, inputs[1].shape))]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (a, b, output) = (call.inputs[0], call.inputs[1], call.outputs[0])
    let dims = output.shape.dims
    let (left, right) = (broadcastSteps(a.shape.dims, to: dims), broadcastSteps(b.shape.dims, to: dims))
    for i in 0..<output.count {
      var (rest, x, y) = (i, 0, 0)
      for axis in dims.indices.reversed() {
        let (next, index) = rest.quotientAndRemainder(dividingBy: dims[axis])
        x += index * left[axis]
        y += index * right[axis]
        rest = next
      }
      output.storage.strings[i] = a.storage.strings[x] + b.storage.strings[y]
    }
  }

  /// Steps along the dims of the result; 0 where an input is repeated.
  private func broadcastSteps(_ dims: [Int], to result: [Int]) -> [Int] {
    let missing = result.count - dims.count
    let strides = dims.packedStrides
    return result.indices.map { $0 < missing || dims[$0 - missing] == 1 ? 0 : strides[$0 - missing] }
  }
}
