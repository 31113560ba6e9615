import Tensors

/// A tensor as the file describes it: its type, dims, and where its elements are. Nothing of it is copied.
public struct TensorRecord {
  public var name = Name()
  /// The raw `TensorProto.DataType`.
  public var elementType: Int32 = 0
  public var dims: [Int64] = []
  public var data = Elements.fields([])

  /// Where the elements are.
  public enum Elements {
    /// `raw_data`: packed little-endian bytes in the file.
    case raw(offset: Int64, length: Int64)
    /// `float_data`, `int32_data`, … as runs in the file, in order.
    case fields([Run])
    /// Another file.
    case external(ExternalData)
    /// Already in memory: made by a pass or a test.
    case memory(Tensor)
    /// Made as they are read.
    case source(ElementSource)
  }

  /// Neighbouring values of one of the typed fields.
  public struct Run {
    /// Which field: the number it has in `TensorProto`.
    public enum Field: UInt32 {
      case float = 4
      case int32 = 5
      case string = 6
      case int64 = 7
      case double = 10
      case uint64 = 11
    }

    public let field: Field
    public let offset: Int64
    public var length: Int64
    /// Packed values stand alone; else each follows a tag.
    public let isPacked: Bool
  }

  public init() {}

  /// A record of elements that are made as they are read.
  public init(name: Name, _ type: ElementType, _ shape: Shape, _ source: ElementSource) {
    self.name = name
    elementType = Int32(type.rawValue)
    dims = shape.dims.map { Int64($0) }
    data = .source(source)
  }

  /// A record of a tensor in memory.
  public init(name: Name, _ tensor: Tensor) {
    self.name = name
    elementType = Int32(tensor.type.rawValue)
    dims = tensor.shape.dims.map { Int64($0) }
    data = .memory(tensor)
  }
}

/// The packed little-endian bytes of a tensor's elements, wherever they come from.
open class ElementSource {
  public init() {}

  /// Copies `count` of the bytes, from `offset` on; both are multiples of the element's width.
  open func read(at offset: Int, count: Int, into target: UnsafeMutableRawPointer) throws(RuntimeError) {
    throw RuntimeError(.fail, "an element source must override read")
  }
}

/// A tensor of mostly zeroes: its other values and where they are.
public struct SparseTensorRecord {
  /// Rank 1: the values that are not zero. Bears the name.
  public var values = TensorRecord()
  /// int64, `[count]` (linear) or `[count, rank]`.
  public var indices = TensorRecord()
  public var dims: [Int64] = []

  public init() {}
}

/// Elements in another file.
public struct ExternalData {
  /// A relative path, as written.
  public var location = Name()
  public var offset: Int64 = 0
  /// In bytes; nil means what the dims need.
  public var length: Int64?

  public init() {}
  public init(location: Name, offset: Int64 = 0, length: Int64? = nil) {
    self.location = location
    self.offset = offset
    self.length = length
  }
}
