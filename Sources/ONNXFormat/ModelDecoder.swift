import Tensors

/// Reads the structure of a model, some fields at a time; weights stay in the source.
public final class ModelDecoder {
  private var reader: WireReader
  private var model = ModelProto()
  /// Where the model ends, while its graph is read.
  private var modelEnd: Int64?

  @export(interface) public init(_ source: ByteSource) throws(RuntimeError) {
    if source.byteCount == 0 { throw RuntimeError(.invalidProtobuf, "the model is empty: 0 bytes") }
    reader = try WireReader(source)
  }

  /// Reads up to `fieldLimit` fields of the model and its graph, a node being one; the model, once it is whole.
  @export(interface) public func advance(_ fieldLimit: Int = .max) throws(RuntimeError) -> ModelProto? {
    var left = fieldLimit
    while left > 0 {
      left -= 1
      if let field = try reader.nextField() {
        if modelEnd != nil {
          try model.graph.merge(field, from: &reader)
        } else if field.number == 7, field.wire == .bytes {
          model.hasGraph = true
          modelEnd = try reader.enter()
        } else {
          try model.merge(field, from: &reader)
        }
      } else if let end = modelEnd {
        reader.leave(end)
        modelEnd = nil
      } else {
        try model.check()
        return model
      }
    }
    return nil
  }
}

extension ModelProto: WireMessage {
  /// The structure of a model; see `ModelDecoder`.
  @export(interface) public init(decoding source: ByteSource) throws(RuntimeError) {
    let decoder = try ModelDecoder(source)
    while true {
      guard let model = try decoder.advance() else { continue }
      self = model
      return
    }
  }

  fileprivate func check() throws(RuntimeError) {
    if !hasGraph { throw RuntimeError(.invalidProtobuf, "there is no graph in the file: it is not an ONNX model") }
    guard let version = Int(exactly: irVersion), ModelProto.irVersions.contains(version) else {
      throw RuntimeError(
        .notImplemented, "the IR version must be %d to %d, got %d", ModelProto.irVersions.lowerBound,
        ModelProto.irVersions.upperBound, Int(clamping: irVersion))
    }
  }

  public mutating func merge(_ field: WireReader.Field, from reader: inout WireReader) throws(RuntimeError) {
    switch (field.number, field.wire) {
    case (1, .varint): irVersion = try reader.int64()
    case (2, .bytes): producerName = try reader.name()
    case (3, .bytes): producerVersion = try reader.name()
    case (4, .bytes): domain = try reader.name()
    case (5, .varint): modelVersion = try reader.int64()
    case (6, .bytes): docString = try reader.name()
    case (8, .bytes): opsetImports.append(try reader.message())
    case (14, .bytes): metadata.append(try reader.message())
    case (25, .bytes): functions.append(try reader.message())
    default: try reader.skip(field)
    }
  }
}

extension OpsetImport: WireMessage {
  public mutating func merge(_ field: WireReader.Field, from reader: inout WireReader) throws(RuntimeError) {
    switch (field.number, field.wire) {
    case (1, .bytes): domain = try reader.name()
    case (2, .varint): version = try reader.int64()
    default: try reader.skip(field)
    }
  }
}

extension MetadataEntry: WireMessage {
  public mutating func merge(_ field: WireReader.Field, from reader: inout WireReader) throws(RuntimeError) {
    switch (field.number, field.wire) {
    case (1, .bytes): key = try reader.name()
    case (2, .bytes): value = try reader.name()
    default: try reader.skip(field)
    }
  }
}

extension GraphProto: WireMessage {
  public mutating func merge(_ field: WireReader.Field, from reader: inout WireReader) throws(RuntimeError) {
    switch (field.number, field.wire) {
    case (1, .bytes): nodes.append(try reader.message())
    case (2, .bytes): name = try reader.name()
    case (5, .bytes): initializers.append(try reader.message())
    case (11, .bytes): inputs.append(try reader.message())
    case (12, .bytes): outputs.append(try reader.message())
    case (13, .bytes): valueInfos.append(try reader.message())
    case (15, .bytes): sparseInitializers.append(try reader.message())
    default: try reader.skip(field)
    }
  }
}

extension NodeProto: WireMessage {
  public mutating func merge(_ field: WireReader.Field, from reader: inout WireReader) throws(RuntimeError) {
    switch (field.number, field.wire) {
    case (1, .bytes): inputs.append(try reader.name())
    case (2, .bytes): outputs.append(try reader.name())
    case (3, .bytes): name = try reader.name()
    case (4, .bytes): opType = try reader.name()
    case (5, .bytes): attributes.append(try AttributeProto(decoding: &reader))
    case (7, .bytes): domain = try reader.name()
    case (8, .bytes): overload = try reader.name()
    default: try reader.skip(field)
    }
  }
}

extension ValueInfoProto: WireMessage {
  public mutating func merge(_ field: WireReader.Field, from reader: inout WireReader) throws(RuntimeError) {
    switch (field.number, field.wire) {
    case (1, .bytes): name = try reader.name()
    case (2, .bytes): try reader.message(into: &type)
    default: try reader.skip(field)
    }
  }
}

extension FunctionProto: WireMessage {
  public mutating func merge(_ field: WireReader.Field, from reader: inout WireReader) throws(RuntimeError) {
    switch (field.number, field.wire) {
    case (1, .bytes): name = try reader.name()
    case (4, .bytes): inputs.append(try reader.name())
    case (5, .bytes): outputs.append(try reader.name())
    case (6, .bytes): attributeNames.append(try reader.name())
    case (7, .bytes): nodes.append(try reader.message())
    case (9, .bytes): opsetImports.append(try reader.message())
    case (10, .bytes): domain = try reader.name()
    case (11, .bytes): attributeDefaults.append(try AttributeProto(decoding: &reader))
    case (12, .bytes): valueInfos.append(try reader.message())
    case (13, .bytes): overload = try reader.name()
    default: try reader.skip(field)
    }
  }
}
