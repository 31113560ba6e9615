import GraphIR
import Kernels
import Tensors

/// Whether each whole string matches a regular expression of RE2's syntax.
///
/// <https://onnx.ai/onnx/operators/onnx__RegexFullMatch.html>
struct RegexFullMatch: OperatorKernel {
  private let expression: RegularExpression

  init(_ site: Site) throws(RuntimeError) {
    expression = try RegularExpression(try site.string("pattern") ?? Name())
  }

  func infer(_ inputs: Facts) -> [Fact] { [inputs[0].with(type: .bool)] }

  func run(_ call: Call) {
    let (x, output) = (call.inputs[0], call.outputs[0].elements(UInt8.self))
    for (i, text) in x.storage.strings.enumerated() { output[i] = expression.matches(text) ? 1 : 0 }
  }
}
