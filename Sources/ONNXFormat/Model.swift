import Tensors

/// A model: a graph, the operator sets its nodes are written in, and functions its nodes may call.
///
/// The fields are ONNX's (`onnx.proto`), those that inference and its tools use. Weights stay where they are:
/// see `TensorRecord`.
public struct ModelProto {
  /// The versions of the format that are read.
  public static let irVersions = 3...14

  public var irVersion: Int64 = 0
  /// As written: a domain may be empty (the default one), `ai.onnx` (the same), or named twice.
  public var opsetImports: [OpsetImport] = []
  public var producerName = Name()
  public var producerVersion = Name()
  public var domain = Name()
  public var modelVersion: Int64 = 0
  public var docString = Name()
  public var metadata: [MetadataEntry] = []
  public var graph = GraphProto()
  public var functions: [FunctionProto] = []
  /// Whether the file has a graph at all.
  var hasGraph = false

  public init() {}
}

public struct OpsetImport {
  public var domain = Name()
  public var version: Int64 = 0

  public init() {}
  public init(domain: Name, version: Int64) {
    self.domain = domain
    self.version = version
  }
}

public struct MetadataEntry {
  public var key = Name()
  public var value = Name()

  public init() {}
  public init(key: Name, value: Name) {
    self.key = key
    self.value = value
  }
}

public struct GraphProto {
  public var name = Name()
  public var nodes: [NodeProto] = []
  public var initializers: [TensorRecord] = []
  public var sparseInitializers: [SparseTensorRecord] = []
  /// Up to IR version 3 every initializer is listed here too.
  public var inputs: [ValueInfoProto] = []
  public var outputs: [ValueInfoProto] = []
  public var valueInfos: [ValueInfoProto] = []

  public init() {}
}

public struct NodeProto {
  /// Value names; an empty one is an optional input left out.
  public var inputs: [Name] = []
  public var outputs: [Name] = []
  public var name = Name()
  public var opType = Name()
  public var domain = Name()
  /// Tells functions of one name and domain apart (IR version 10 on).
  public var overload = Name()
  public var attributes: [AttributeProto] = []

  public init() {}
}

public struct AttributeProto {
  /// What an attribute carries. Where the file says a type and leaves the value out, it is 0 or empty.
  public indirect enum Value {
    case none
    case float(Float)
    case int(Int64)
    case string(Name)
    case tensor(TensorRecord)
    case graph(GraphProto)
    case sparseTensor(SparseTensorRecord)
    case type(TypeProto)
    case floats([Float])
    case ints([Int64])
    case strings([Name])
    case tensors([TensorRecord])
    case graphs([GraphProto])
    case sparseTensors([SparseTensorRecord])
    case types([TypeProto])
  }

  /// Raw values are those of ONNX's `AttributeProto.AttributeType`.
  public enum Kind: Int32 {
    case undefined = 0
    case float, int, string, tensor, graph
    case floats, ints, strings, tensors, graphs
    case sparseTensor, sparseTensors, type, types
  }

  public var name = Name()
  public var value = Value.none
  /// The type as the file says it; of use where the value is a reference.
  public var kind = Kind.undefined
  /// In a function's node: the attribute of the calling node that this one takes its value from; else empty.
  public var refAttrName = Name()

  public init() {}
  public init(_ name: Name, _ value: Value) {
    self.name = name
    self.value = value
    kind = value.kind
  }
}

extension AttributeProto.Value {
  public var kind: AttributeProto.Kind {
    switch self {
    case .none: .undefined
    case .float: .float
    case .int: .int
    case .string: .string
    case .tensor: .tensor
    case .graph: .graph
    case .sparseTensor: .sparseTensor
    case .type: .type
    case .floats: .floats
    case .ints: .ints
    case .strings: .strings
    case .tensors: .tensors
    case .graphs: .graphs
    case .sparseTensors: .sparseTensors
    case .types: .types
    }
  }
}

public struct ValueInfoProto {
  public var name = Name()
  public var type = TypeProto.none

  public init() {}
  public init(name: Name, type: TypeProto) {
    self.name = name
    self.type = type
  }
}

/// The type of a value. Element types are raw `TensorProto.DataType`s, since a file may hold one that is not known.
public indirect enum TypeProto {
  case none
  /// A nil shape has an unknown rank; `[]` is a scalar.
  case tensor(elementType: Int32, shape: [Dimension]?)
  case sparseTensor(elementType: Int32, shape: [Dimension]?)
  case sequence(TypeProto)
  case map(key: Int32, value: TypeProto)
  case optional(TypeProto)

  public enum Dimension: Hashable {
    case value(Int64)
    /// A symbolic dim: equal names are equal sizes.
    case parameter(Name)
    case unknown
  }
}

/// An operator made of nodes; a call is replaced by them.
public struct FunctionProto {
  public var name = Name()
  public var domain = Name()
  public var overload = Name()
  public var inputs: [Name] = []
  public var outputs: [Name] = []
  /// Attributes that a call must give.
  public var attributeNames: [Name] = []
  /// Attributes that a call may give, with their defaults.
  public var attributeDefaults: [AttributeProto] = []
  public var nodes: [NodeProto] = []
  public var opsetImports: [OpsetImport] = []
  public var valueInfos: [ValueInfoProto] = []

  public init() {}
}
