import Tensors

/// The fields of an attribute as they come, before its type says which of them counts.
private struct AttributeFields: WireMessage {
  var name = Name()
  var kind: Int32 = 0
  var refAttrName = Name()
  var float: Float?
  var int: Int64?
  var string: Name?
  var tensor: TensorRecord?
  var graph: GraphProto?
  var sparseTensor: SparseTensorRecord?
  var type: TypeProto?
  var floats: [Float] = []
  var ints: [Int64] = []
  var strings: [Name] = []
  var tensors: [TensorRecord] = []
  var graphs: [GraphProto] = []
  var sparseTensors: [SparseTensorRecord] = []
  var types: [TypeProto] = []

  mutating func merge(_ field: WireReader.Field, from reader: inout WireReader) throws(RuntimeError) {
    switch (field.number, field.wire) {
    case (1, .bytes): name = try reader.name()
    case (2, .fixed32): float = try reader.float()
    case (3, .varint): int = try reader.int64()
    case (4, .bytes): string = try reader.name()
    case (5, .bytes): tensor = try reader.message()
    case (6, .bytes): graph = try reader.message()
    case (7, .fixed32): floats.append(try reader.float())
    case (7, .bytes): try reader.packedFloats(into: &floats)
    case (8, .varint): ints.append(try reader.int64())
    case (8, .bytes): try reader.packedInts(into: &ints)
    case (9, .bytes): strings.append(try reader.name())
    case (10, .bytes): tensors.append(try reader.message())
    case (11, .bytes): graphs.append(try reader.message())
    case (14, .bytes): type = try reader.message()
    case (15, .bytes): types.append(try reader.message())
    case (20, .varint): kind = try reader.int32()
    case (21, .bytes): refAttrName = try reader.name()
    case (22, .bytes): sparseTensor = try reader.message()
    case (23, .bytes): sparseTensors.append(try reader.message())
    default: try reader.skip(field)
    }
  }

  /// Early exporters left the type out: it is that of the value there is.
  var impliedKind: AttributeProto.Kind {
    if float != nil { return .float }
    if int != nil { return .int }
    if string != nil { return .string }
    if tensor != nil { return .tensor }
    if graph != nil { return .graph }
    if sparseTensor != nil { return .sparseTensor }
    if type != nil { return .type }
    if !floats.isEmpty { return .floats }
    if !ints.isEmpty { return .ints }
    if !strings.isEmpty { return .strings }
    if !tensors.isEmpty { return .tensors }
    if !graphs.isEmpty { return .graphs }
    if !sparseTensors.isEmpty { return .sparseTensors }
    if !types.isEmpty { return .types }
    return .undefined
  }

  func value(_ kind: AttributeProto.Kind) -> AttributeProto.Value? {
    switch kind {
    case .undefined: AttributeProto.Value.none
    case .float: .float(float ?? 0)
    case .int: .int(int ?? 0)
    case .string: .string(string ?? Name())
    case .tensor: tensor.map { .tensor($0) }
    case .graph: graph.map { .graph($0) }
    case .sparseTensor: sparseTensor.map { .sparseTensor($0) }
    case .type: type.map { .type($0) }
    case .floats: .floats(floats)
    case .ints: .ints(ints)
    case .strings: .strings(strings)
    case .tensors: .tensors(tensors)
    case .graphs: .graphs(graphs)
    case .sparseTensors: .sparseTensors(sparseTensors)
    case .types: .types(types)
    }
  }
}

extension AttributeProto {
  init(decoding reader: inout WireReader) throws(RuntimeError) {
    let offset = reader.position
    let fields = try reader.message(AttributeFields.self)
    guard let written = Kind(rawValue: fields.kind) else {
      throw RuntimeError(
        .invalidProtobuf, "attribute %s at byte %d has the unknown type %d", name: fields.name, Int(clamping: offset),
        Int(fields.kind))
    }
    self.init()
    name = fields.name
    refAttrName = fields.refAttrName
    kind = written == .undefined ? fields.impliedKind : written
    if !refAttrName.isEmpty { return }
    guard let value = fields.value(kind) else {
      throw RuntimeError(
        .invalidProtobuf, "attribute %s at byte %d says it is a tensor, graph or type and carries none",
        name: fields.name, Int(clamping: offset))
    }
    self.value = value
  }
}

extension WireReader {
  mutating func packedFloats(into values: inout [Float]) throws(RuntimeError) {
    let (offset, length) = try range()
    guard length % 4 == 0 else {
      throw RuntimeError(
        .invalidProtobuf, "packed floats at byte %d take %d bytes, not a multiple of 4", Int(clamping: offset),
        Int(clamping: length))
    }
    try WireReader.expectMemory(for: length)
    var reader = try WireReader(source, offset: offset, length: length)
    while reader.position < reader.end { values.append(try reader.float()) }
  }

  mutating func packedInts(into values: inout [Int64]) throws(RuntimeError) {
    let (offset, length) = try range()
    try WireReader.expectMemory(for: length, timesBytes: 8)
    var reader = try WireReader(source, offset: offset, length: length)
    while reader.position < reader.end { values.append(try reader.int64()) }
  }
}
