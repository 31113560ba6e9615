import Tensors

extension TypeProto: WireMessage {
  public init() { self = .none }

  public mutating func merge(_ field: WireReader.Field, from reader: inout WireReader) throws(RuntimeError) {
    switch (field.number, field.wire) {
    case (1, .bytes):
      let tensor = try reader.message(TensorFields.self)
      self = .tensor(elementType: tensor.elementType, shape: tensor.shape?.dims)
    case (4, .bytes): self = .sequence(try reader.message(ElementFields.self).element)
    case (5, .bytes):
      let map = try reader.message(MapFields.self)
      self = .map(key: map.key, value: map.value)
    case (8, .bytes):
      let tensor = try reader.message(TensorFields.self)
      self = .sparseTensor(elementType: tensor.elementType, shape: tensor.shape?.dims)
    case (9, .bytes): self = .optional(try reader.message(ElementFields.self).element)
    default: try reader.skip(field)
    }
  }

  /// A tensor's or sparse tensor's type.
  private struct TensorFields: WireMessage {
    var elementType: Int32 = 0
    var shape: ShapeFields?

    mutating func merge(_ field: WireReader.Field, from reader: inout WireReader) throws(RuntimeError) {
      switch (field.number, field.wire) {
      case (1, .varint): elementType = try reader.int32()
      case (2, .bytes): shape = try reader.message()
      default: try reader.skip(field)
      }
    }
  }

  private struct ShapeFields: WireMessage {
    var dims: [Dimension] = []

    mutating func merge(_ field: WireReader.Field, from reader: inout WireReader) throws(RuntimeError) {
      switch (field.number, field.wire) {
      case (1, .bytes): dims.append(try reader.message(DimensionFields.self).dim)
      default: try reader.skip(field)
      }
    }
  }

  private struct DimensionFields: WireMessage {
    var dim = Dimension.unknown

    mutating func merge(_ field: WireReader.Field, from reader: inout WireReader) throws(RuntimeError) {
      switch (field.number, field.wire) {
      case (1, .varint):
        // Exporters write -1 for what they do not know.
        let value = try reader.int64()
        dim = value < 0 ? .unknown : .value(value)
      case (2, .bytes):
        let name = try reader.name()
        dim = name.isEmpty ? .unknown : .parameter(name)
      default: try reader.skip(field)
      }
    }
  }

  /// A sequence's or optional's type.
  private struct ElementFields: WireMessage {
    var element = TypeProto.none

    mutating func merge(_ field: WireReader.Field, from reader: inout WireReader) throws(RuntimeError) {
      switch (field.number, field.wire) {
      case (1, .bytes): try reader.message(into: &element)
      default: try reader.skip(field)
      }
    }
  }

  private struct MapFields: WireMessage {
    var key: Int32 = 0
    var value = TypeProto.none

    mutating func merge(_ field: WireReader.Field, from reader: inout WireReader) throws(RuntimeError) {
      switch (field.number, field.wire) {
      case (1, .varint): key = try reader.int32()
      case (2, .bytes): try reader.message(into: &value)
      default: try reader.skip(field)
      }
    }
  }
}
