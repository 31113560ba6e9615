import GraphIR
import Tensors

/// The input itself, be it a tensor, a sequence or an optional.
///
/// <https://onnx.ai/onnx/operators/onnx__Identity.html>
struct Identity: OperatorKernel {
  init(_ site: Site) {}

  func infer(_ inputs: Facts) -> [Fact] { [inputs[0]] }

  func run(_ call: Call) {}
}
