import GraphIR
import Tensors

/// A sequence without elements.
///
/// <https://onnx.ai/onnx/operators/onnx__SequenceEmpty.html>
struct SequenceEmpty: OperatorKernel {
  init(_ site: Site) throws(RuntimeError) { site.types.answer = try site.elementType("dtype") ?? .float32 }

  func infer(_ inputs: Facts) -> [Fact] { [.sequence] }

  func run(_ call: Call) { call.outputs[value: 0] = .sequence(Value.Sequence([])) }
}

/// A sequence of all inputs.
///
/// <https://onnx.ai/onnx/operators/onnx__SequenceConstruct.html>
struct SequenceConstruct: OperatorKernel {
  init(_ site: Site) {}

  func infer(_ inputs: Facts) -> [Fact] { [.sequence] }

  func run(_ call: Call) throws(RuntimeError) {
    var elements: [Value] = []
    for i in 0..<call.inputs.count { elements.append(try call.kept(i)) }
    call.outputs[value: 0] = .sequence(Value.Sequence(elements))
  }
}

/// A sequence with one more element, at the end or before a position.
///
/// <https://onnx.ai/onnx/operators/onnx__SequenceInsert.html>
struct SequenceInsert: OperatorKernel {
  init(_ site: Site) {}

  func infer(_ inputs: Facts) -> [Fact] { [.sequence] }

  func run(_ call: Call) throws(RuntimeError) {
    var elements = try call.sequence(0)
    let position = try call.position(2, count: elements.count, mayBeEnd: true, default: elements.count)
    elements.insert(try call.kept(1), at: position)
    call.outputs[value: 0] = .sequence(Value.Sequence(elements))
  }
}

/// A sequence without its last element, or the one at a position.
///
/// <https://onnx.ai/onnx/operators/onnx__SequenceErase.html>
struct SequenceErase: OperatorKernel {
  init(_ site: Site) {}

  func infer(_ inputs: Facts) -> [Fact] { [.sequence] }

  func run(_ call: Call) throws(RuntimeError) {
    var elements = try call.sequence(0)
    elements.remove(at: try call.position(1, count: elements.count, default: -1))
    call.outputs[value: 0] = .sequence(Value.Sequence(elements))
  }
}
