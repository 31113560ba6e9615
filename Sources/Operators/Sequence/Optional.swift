import GraphIR
import Tensors

/// A value that may be missing: the input, or nothing.
///
/// <https://onnx.ai/onnx/operators/onnx__Optional.html>
struct OptionalConstruct: OperatorKernel {
  init(_ site: Site) {}

  func infer(_ inputs: Facts) -> [Fact] { [.anything] }

  func run(_ call: Call) throws(RuntimeError) { call.outputs[value: 0] = try call.kept(0) }
}

/// Whether there is a value.
///
/// <https://onnx.ai/onnx/operators/onnx__OptionalHasElement.html>
struct OptionalHasElement: OperatorKernel {
  init(_ site: Site) {}

  func infer(_ inputs: Facts) -> [Fact] { [Fact(.bool, [])] }

  func run(_ call: Call) {
    var hasElement = true
    if case .none = call.inputs[value: 0] { hasElement = false }
    call.outputs[0].bytes.storeBytes(of: hasElement ? 1 : 0, as: UInt8.self)
  }
}

/// The value, which must be there.
///
/// <https://onnx.ai/onnx/operators/onnx__OptionalGetElement.html>
struct OptionalGetElement: OperatorKernel {
  init(_ site: Site) {}

  func infer(_ inputs: Facts) -> [Fact] { [.anything] }

  func run(_ call: Call) throws(RuntimeError) {
    if case .none = call.inputs[value: 0] {
      throw RuntimeError(.invalidArgument, "the optional has no element")
    }
    call.outputs[value: 0] = try call.kept(0)
  }
}
