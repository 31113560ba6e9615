import ONNXFormat
import Tensors

/// An input or output of a model as its file declares it.
public struct DeclaredValue {
  /// A dim of a declared shape.
  public enum Dim: Hashable, Sendable {
    case known(Int)
    /// Equal names are equal sizes.
    case named(Name)
    case unknown
  }

  public let name: Name
  /// `.optional` only where the element is no sequence: an optional sequence is one that may be missing.
  public let kind: Fact.Kind
  /// Whether the value may be missing.
  public let isOptional: Bool
  /// The element type of a tensor, or of the tensors in a sequence or optional; nil where the file says none.
  public let type: ElementType?
  /// nil where the file leaves even the rank open.
  public let dims: [Dim]?

  init(_ info: ValueInfoProto, _ fixed: [FixedDim] = []) {
    name = info.name
    let declared = try? DeclaredType(info.type)
    kind = declared?.kind ?? .tensor
    if case .optional = info.type { isOptional = true } else { isOptional = false }
    type = declared?.type
    dims = declared?.dims?.map { dim in
      guard case .named(let symbol) = dim, let given = fixed.last(where: { $0.symbol == symbol }) else { return dim }
      return .known(given.size)
    }
  }
}

/// A declared type, unwrapped.
struct DeclaredType {
  var kind: Fact.Kind
  var type: ElementType
  var dims: [DeclaredValue.Dim]?

  init(_ proto: TypeProto) throws(RuntimeError) {
    switch proto {
    case .tensor(let raw, let shape), .sparseTensor(let raw, let shape):
      guard let byte = UInt8(exactly: raw), let known = ElementType(rawValue: byte) else {
        throw RuntimeError(.invalidGraph, "element type %d is not known", Int(raw))
      }
      kind = .tensor
      type = known
      dims = shape.map { dims in
        dims.map { dim in
          switch dim {
          case .value(let value): value >= 0 ? .known(Int(clamping: value)) : .unknown
          case .parameter(let name): .named(name)
          case .unknown: .unknown
          }
        }
      }
    case .sequence(let element):
      type = (try? DeclaredType(element))?.type ?? .float32
      kind = .sequence
    case .optional(let element):
      let inner = try? DeclaredType(element)
      type = inner?.type ?? .float32
      // An optional tensor takes a plain one.
      kind = inner?.kind == .sequence ? .sequence : .optional
    case .map(_, let value):
      type = (try? DeclaredType(value))?.type ?? .float32
      kind = .map
    case .none:
      throw RuntimeError(.invalidGraph, "a value has no type")
    }
  }
}
