/// What flows along an edge of a graph: a tensor, or one of ONNX's other values.
public enum Value {
  /// No value yet, an input left out, or an optional that is empty.
  case none
  case tensor(Tensor)
  case sequence(Sequence)
  case map(Map)

  /// An ordered list of values of one type.
  public final class Sequence {
    public let elements: [Value]
    public init(_ elements: [Value]) { self.elements = elements }
  }

  /// Keys (an int or string tensor of rank 1) and as many values.
  public final class Map {
    public let keys: Tensor
    public let values: Tensor
    public init(keys: Tensor, values: Tensor) {
      self.keys = keys
      self.values = values
    }
  }

  public var tensor: Tensor? {
    if case .tensor(let tensor) = self { tensor } else { nil }
  }
}
