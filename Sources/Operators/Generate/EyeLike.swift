import GraphIR
import Kernels
import Tensors

/// A matrix of the input's shape with ones on a diagonal and zeros elsewhere.
///
/// <https://onnx.ai/onnx/operators/onnx__EyeLike.html>
struct EyeLike: OperatorKernel {
  private let diagonal: Int
  private let type: ElementType?

  init(_ site: Site) throws(RuntimeError) {
    diagonal = try site.int("k", default: 0)
    type = try site.elementType("dtype")
    site.types.answer = type
    guard let type else {
      site.types.letters = "T>T"
      site.types.first = .combinable
      return
    }
    guard TypeSet.combinable.contains(type) else {
      throw RuntimeError(.notImplemented, "a matrix of %t is not supported", Int(type.rawValue))
    }
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    try ShapeRules.rank(inputs[0], 2, input: 0)
    return [inputs[0].with(type: type ?? inputs[0].type)]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let out = call.outputs[0]
    let (number, one) = (try call.allocator.tensor(.uint8, []), try call.allocator.tensor(out.type, []))
    number.elements(UInt8.self)[0] = 1
    cast(number, into: one, on: .serial)
    eye(out, diagonal: diagonal, one: one)
  }
}

extension Site {
  /// An attribute that names an element type.
  func elementType(_ name: StaticString) throws(RuntimeError) -> ElementType? {
    guard let raw = try node.attributes.int(name) else { return nil }
    guard let type = UInt8(exactly: raw).flatMap(ElementType.init(rawValue:)) else {
      throw RuntimeError(.invalidGraph, "attribute %s must be an element type, got %d", name: Name(name), raw)
    }
    return type
  }
}
