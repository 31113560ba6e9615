import GraphIR
import Kernels
import Tensors

/// Converts every element to another type.
///
/// <https://onnx.ai/onnx/operators/onnx__Cast.html>, <https://onnx.ai/onnx/operators/onnx__CastLike.html>
struct Cast: OperatorKernel {
  static let isElementwise = true

  /// The type to convert to; `nil` for CastLike, which takes that of its second input.
  private let type: ElementType?
  private let saturates: Bool
  private let roundMode: Name?
  private var widens = false

  init(_ site: Site) throws(RuntimeError) {
    // Opset 1 has the type's name.
    let type = site.opset < 6 ? try site.namedType("to") : try site.elementType("to")
    try self.init(site, to: try site.required("to", type))
  }

  private init(_ site: Site, to type: ElementType?) throws(RuntimeError) {
    self.type = type
    if let type, !TypeSet.castable.contains(type) {
      throw RuntimeError(.notImplemented, "casts to %t are not supported", Int(type.rawValue))
    }
    site.types.answer = type
    saturates = try site.flag("saturate", default: true)
    roundMode = try site.string("round_mode")
  }

  /// To float32 from half types, and as it is from others: what `FlexAttention` weighs in.
  static func widening(_ site: Site) throws(RuntimeError) -> Cast {
    var cast = try Cast(site, to: nil)
    cast.widens = true
    return cast
  }

  static func like(_ site: Site) throws(RuntimeError) -> Cast { try Cast(site, to: nil) }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let target = widens ? (inputs[0].type.isHalf ? .float32 : inputs[0].type) : type ?? inputs[1].type
    return [inputs[0].with(type: target)]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let out = call.outputs[0]
    try Cast.convert(call.inputs[0], into: out, rounding: rounding(out.type), on: call.platform)
  }

  /// Converts between any two types that are not complex.
  static func convert(
    _ x: Tensor, into out: Tensor, rounding: SmallFloatRounding = .saturating, on platform: Platform
  ) throws(RuntimeError) {
    if x.type == out.type {
      copyAll(x, to: out)
    } else if out.type == .string {
      castToText(x, into: out)
    } else if x.type == .string {
      if let i = castFromText(x, into: out) {
        throw RuntimeError(
          .invalidArgument, "strings must be numbers to be cast to %t, got %s", name: x.storage.strings[i],
          Int(out.type.rawValue))
      }
    } else {
      cast(x, into: out, rounding: rounding, on: platform)
    }
  }

  private func rounding(_ type: ElementType) -> SmallFloatRounding {
    if type == .float8e8m0, roundMode == nil || roundMode! == "up" { return .up }
    if type == .float8e8m0, roundMode! == "down" { return .down }
    return saturates ? .saturating : .overflowing
  }
}

/// The bits of every element taken for another type of the same width.
///
/// <https://onnx.ai/onnx/operators/onnx__BitCast.html>
struct BitCast: OperatorKernel {
  private let type: ElementType

  init(_ site: Site) throws(RuntimeError) {
    type = try site.required("to", try site.elementType("to"))
    site.types.answer = type
    site.types.first = []
    for other in ElementType.allCases where other.bitWidth == type.bitWidth && type != .string {
      site.types.first.formUnion(.init(other))
    }
  }

  func infer(_ inputs: Facts) -> [Fact] { [inputs[0].with(type: type)] }

  func run(_ call: Call) {
    call.outputs[0].bytes.copyMemory(from: call.inputs[0].bytes, byteCount: call.inputs[0].byteCount)
  }
}

extension Site {
  /// The element type whose name in ONNX's protobuf is attribute `name`: FLOAT, INT64.
  fileprivate func namedType(_ name: StaticString) throws(RuntimeError) -> ElementType? {
    guard let given = try string(name) else { return nil }
    let lower = Name(given.bytes.map { $0 >= 65 && $0 <= 90 ? $0 + 32 : $0 })
    if lower == "float" { return .float32 }
    if lower == "double" { return .float64 }
    for type in ElementType.allCases where lower == type.name { return type }
    throw RuntimeError(.invalidGraph, "attribute to must name an element type, got %s", name: given)
  }
}
