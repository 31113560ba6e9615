import GraphIR
import Tensors

/// One element of a sequence.
///
/// <https://onnx.ai/onnx/operators/onnx__SequenceAt.html>
struct SequenceAt: OperatorKernel {
  init(_ site: Site) {}

  func infer(_ inputs: Facts) -> [Fact] { [.anything] }

  func run(_ call: Call) throws(RuntimeError) {
    let elements = try call.sequence(0)
    call.outputs[value: 0] = elements[try call.position(1, count: elements.count, default: -1)]
  }
}

/// How many elements a sequence has.
///
/// <https://onnx.ai/onnx/operators/onnx__SequenceLength.html>
struct SequenceLength: OperatorKernel {
  init(_ site: Site) {}

  func infer(_ inputs: Facts) -> [Fact] { [Fact(.int64, [])] }

  func run(_ call: Call) throws(RuntimeError) {
    call.outputs[0].elements(Int64.self)[0] = Int64(try call.sequence(0).count)
  }
}
