import Tensors

/// A value as a file of its own describes it (`input_0.pb`): which message it is, only the reader of it knows.
///
/// `TensorProto` is in `onnx.proto`, the others in `onnx-data.proto`.
public indirect enum ValueRecord {
  case tensor(TensorRecord)
  case sequence([ValueRecord])
  /// Keys (int or string, rank 1) and a value for each.
  case map(keys: Tensor, values: [ValueRecord])
  /// nil: the optional is empty.
  case optional(ValueRecord?)

  /// Which message a file holds.
  public enum Kind {
    case tensor, sequence, map, optional
  }

  /// Reads the structure of a value's file; elements stay in the source.
  @export(interface) public init(decoding source: ByteSource, as kind: Kind) throws(RuntimeError) {
    var reader = try WireReader(source)
    switch kind {
    case .tensor:
      var record = TensorRecord()
      while let field = try reader.nextField() { try record.merge(field, from: &reader) }
      self = .tensor(record)
    case .sequence: self = try ValueRecord(all: SequenceFields.self, from: &reader)
    case .map: self = try ValueRecord(all: MapFields.self, from: &reader)
    case .optional: self = try ValueRecord(all: OptionalFields.self, from: &reader)
    }
  }

  /// The value in memory.
  @export(interface) public func load(_ loader: TensorLoader, allocator: Allocator) throws(RuntimeError) -> Value {
    switch self {
    case .tensor(let record): return .tensor(try loader.load(record, allocator: allocator))
    case .optional(let record): return try record?.load(loader, allocator: allocator) ?? .none
    case .sequence(let records):
      var elements: [Value] = []
      for record in records { elements.append(try record.load(loader, allocator: allocator)) }
      return .sequence(Value.Sequence(elements))
    case .map(let keys, let records):
      var values: [Tensor] = []
      for record in records {
        guard case .tensor(let tensor) = try record.load(loader, allocator: allocator) else {
          throw RuntimeError(.notImplemented, "a map of other values than tensors")
        }
        values.append(tensor)
      }
      return .map(Value.Map(keys: keys, values: try ValueRecord.stack(values, count: keys.count, allocator)))
    }
  }

  /// One scalar for each key, as one tensor of rank 1.
  private static func stack(_ values: [Tensor], count: Int, _ allocator: Allocator) throws(RuntimeError) -> Tensor {
    guard values.count == count else {
      throw RuntimeError(.invalidProtobuf, "a map of %d keys has %d values", count, values.count)
    }
    guard let type = values.first?.type else { return try allocator.tensor(.float32, Shape([0])) }
    guard type != .string, type.byteWidth > 0, values.allSatisfy({ $0.type == type && $0.count == 1 }) else {
      throw RuntimeError(.notImplemented, "the values of a map must be numbers of one type")
    }
    let stacked = try allocator.tensor(type, Shape([count]))
    for (i, value) in values.enumerated() {
      (stacked.bytes + i * type.byteWidth).copyMemory(from: value.bytes, byteCount: type.byteWidth)
    }
    return stacked
  }

  private init<Fields: ValueFields>(all: Fields.Type, from reader: inout WireReader) throws(RuntimeError) {
    var fields = Fields()
    while let field = try reader.nextField() { try fields.merge(field, from: &reader) }
    self = try fields.record()
  }
}

private protocol ValueFields: WireMessage {
  func record() throws(RuntimeError) -> ValueRecord
}

extension WireReader {
  fileprivate mutating func value<Fields: ValueFields>(_: Fields.Type) throws(RuntimeError) -> ValueRecord {
    try message(Fields.self).record()
  }
}

private struct SequenceFields: ValueFields {
  var elements: [ValueRecord] = []

  mutating func merge(_ field: WireReader.Field, from reader: inout WireReader) throws(RuntimeError) {
    switch (field.number, field.wire) {
    case (3, .bytes): elements.append(.tensor(try reader.message()))
    case (4, .bytes): throw RuntimeError(.notImplemented, "a sequence of sparse tensors")
    case (5, .bytes): elements.append(try reader.value(SequenceFields.self))
    case (6, .bytes): elements.append(try reader.value(MapFields.self))
    case (7, .bytes): elements.append(try reader.value(OptionalFields.self))
    default: try reader.skip(field)
    }
  }

  func record() -> ValueRecord { .sequence(elements) }
}

private struct MapFields: ValueFields {
  var keyType: Int32 = 0
  var keys: [Int64] = []
  var stringKeys: [Name] = []
  var values: [ValueRecord] = []

  mutating func merge(_ field: WireReader.Field, from reader: inout WireReader) throws(RuntimeError) {
    switch (field.number, field.wire) {
    case (2, .varint): keyType = try reader.int32()
    case (3, .varint): keys.append(try reader.int64())
    case (3, .bytes): try reader.packedInts(into: &keys)
    case (4, .bytes): stringKeys.append(try reader.name())
    case (5, .bytes): values = try reader.message(SequenceFields.self).elements
    default: try reader.skip(field)
    }
  }

  func record() throws(RuntimeError) -> ValueRecord {
    if keyType == Int32(ElementType.string.rawValue) {
      return .map(keys: Tensor(shape: Shape([stringKeys.count]), strings: stringKeys), values: values)
    }
    // Keys of every integer type are held as int64.
    let tensor = try Allocator().tensor(.int64, Shape([keys.count]))
    let elements = tensor.elements(Int64.self)
    for (i, key) in keys.enumerated() { elements[i] = key }
    return .map(keys: tensor, values: values)
  }
}

private struct OptionalFields: ValueFields {
  var element: ValueRecord?

  mutating func merge(_ field: WireReader.Field, from reader: inout WireReader) throws(RuntimeError) {
    switch (field.number, field.wire) {
    case (3, .bytes): element = .tensor(try reader.message())
    case (4, .bytes): throw RuntimeError(.notImplemented, "an optional sparse tensor")
    case (5, .bytes): element = try reader.value(SequenceFields.self)
    case (6, .bytes): element = try reader.value(MapFields.self)
    case (7, .bytes): element = try reader.value(OptionalFields.self)
    default: try reader.skip(field)
    }
  }

  func record() -> ValueRecord { .optional(element) }
}
