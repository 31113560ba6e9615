import Tensors

/// Writes models and tensors as files. Elements become `raw_data` (strings `string_data`), whatever form they had.
public struct ModelEncoder {
  /// What a protobuf message may have at most; larger models keep their weights in external data.
  static let byteLimit: Int64 = 0x7fff_ffff

  private let loader: TensorLoader

  /// An encoder of a model whose weights `loader` reads.
  public init(_ loader: TensorLoader) { self.loader = loader }

  /// An encoder of what was made in memory.
  public init() throws(RuntimeError) { loader = TensorLoader(try MemorySource([])) }

  @export(interface) public func encode(_ model: ModelProto) throws(RuntimeError) -> WireWriter {
    var out = WireWriter()
    out.int(1, model.irVersion)
    out.nonEmpty(2, model.producerName)
    out.nonEmpty(3, model.producerVersion)
    out.nonEmpty(4, model.domain)
    if model.modelVersion != 0 { out.int(5, model.modelVersion) }
    out.nonEmpty(6, model.docString)
    try out.message(7) { (body) throws(RuntimeError) in try write(model.graph, to: &body) }
    try write(model.opsetImports, 8, to: &out)
    for entry in model.metadata { try write(entry, 14, to: &out) }
    for function in model.functions {
      try out.message(25) { (body) throws(RuntimeError) in try write(function, to: &body) }
    }
    if out.byteCount > ModelEncoder.byteLimit {
      throw RuntimeError(
        .invalidArgument, "a model file may have %d bytes, this one needs %d", Int(clamping: ModelEncoder.byteLimit),
        Int(clamping: out.byteCount))
    }
    return out
  }

  /// A tensor as a file of its own.
  @export(interface) public func encode(_ record: TensorRecord) throws(RuntimeError) -> WireWriter {
    var out = WireWriter()
    try write(record, to: &out)
    return out
  }

  func write(_ record: TensorRecord, to out: inout WireWriter) throws(RuntimeError) {
    var reader = try loader.reader(record)
    out.packed(1, record.dims)
    out.int(2, Int64(record.elementType))
    out.nonEmpty(8, record.name)
    if reader.type == .string {
      for string in try reader.strings() { out.name(6, string) }
    } else {
      out.tensor(9, reader)
    }
  }

  private func write(_ imports: [OpsetImport], _ number: UInt32, to out: inout WireWriter) throws(RuntimeError) {
    for opset in imports {
      try out.message(number) { (body) throws(RuntimeError) in
        body.nonEmpty(1, opset.domain)
        body.int(2, opset.version)
      }
    }
  }

  private func write(_ entry: MetadataEntry, _ number: UInt32, to out: inout WireWriter) throws(RuntimeError) {
    try out.message(number) { (body) throws(RuntimeError) in
      body.name(1, entry.key)
      body.name(2, entry.value)
    }
  }

  private func write(_ graph: GraphProto, to out: inout WireWriter) throws(RuntimeError) {
    for node in graph.nodes { try write(node, 1, to: &out) }
    out.nonEmpty(2, graph.name)
    for record in graph.initializers {
      try out.message(5) { (body) throws(RuntimeError) in try write(record, to: &body) }
    }
    for info in graph.inputs { try write(info, 11, to: &out) }
    for info in graph.outputs { try write(info, 12, to: &out) }
    for info in graph.valueInfos { try write(info, 13, to: &out) }
    for record in graph.sparseInitializers { try write(record, 15, to: &out) }
  }

  private func write(_ record: SparseTensorRecord, _ number: UInt32, to out: inout WireWriter) throws(RuntimeError) {
    try out.message(number) { (body) throws(RuntimeError) in
      try body.message(1) { (values) throws(RuntimeError) in try write(record.values, to: &values) }
      try body.message(2) { (indices) throws(RuntimeError) in try write(record.indices, to: &indices) }
      body.packed(3, record.dims)
    }
  }

  private func write(_ node: NodeProto, _ number: UInt32, to out: inout WireWriter) throws(RuntimeError) {
    try out.message(number) { (body) throws(RuntimeError) in
      // An empty name holds the place of an input left out.
      for name in node.inputs { body.name(1, name) }
      for name in node.outputs { body.name(2, name) }
      body.nonEmpty(3, node.name)
      body.nonEmpty(4, node.opType)
      for attribute in node.attributes { try write(attribute, 5, to: &body) }
      body.nonEmpty(7, node.domain)
      body.nonEmpty(8, node.overload)
    }
  }

  private func write(_ attribute: AttributeProto, _ number: UInt32, to out: inout WireWriter) throws(RuntimeError) {
    try out.message(number) { (body) throws(RuntimeError) in
      body.name(1, attribute.name)
      try write(attribute.value, to: &body)
      body.int(20, Int64(attribute.kind.rawValue))
      body.nonEmpty(21, attribute.refAttrName)
    }
  }

  private func write(_ value: AttributeProto.Value, to out: inout WireWriter) throws(RuntimeError) {
    switch value {
    case .none: break
    case .float(let value): out.float(2, value)
    case .int(let value): out.int(3, value)
    case .string(let value): out.name(4, value)
    case .tensor(let record): try out.message(5) { (body) throws(RuntimeError) in try write(record, to: &body) }
    case .graph(let graph): try out.message(6) { (body) throws(RuntimeError) in try write(graph, to: &body) }
    case .sparseTensor(let record): try write(record, 22, to: &out)
    case .type(let type): try write(type, 14, to: &out)
    case .floats(let values): out.packed(7, values)
    case .ints(let values): out.packed(8, values)
    case .strings(let values): for value in values { out.name(9, value) }
    case .tensors(let records):
      for record in records { try out.message(10) { (body) throws(RuntimeError) in try write(record, to: &body) } }
    case .graphs(let graphs):
      for graph in graphs { try out.message(11) { (body) throws(RuntimeError) in try write(graph, to: &body) } }
    case .sparseTensors(let records): for record in records { try write(record, 23, to: &out) }
    case .types(let types): for type in types { try write(type, 15, to: &out) }
    }
  }

  private func write(_ info: ValueInfoProto, _ number: UInt32, to out: inout WireWriter) throws(RuntimeError) {
    try out.message(number) { (body) throws(RuntimeError) in
      body.name(1, info.name)
      if case .none = info.type { return }
      try write(info.type, 2, to: &body)
    }
  }

  private func write(_ type: TypeProto, _ number: UInt32, to out: inout WireWriter) throws(RuntimeError) {
    try out.message(number) { (body) throws(RuntimeError) in
      switch type {
      case .none: break
      case .tensor(let elementType, let shape): try write(elementType, shape, 1, to: &body)
      case .sparseTensor(let elementType, let shape): try write(elementType, shape, 8, to: &body)
      case .sequence(let element):
        try body.message(4) { (inner) throws(RuntimeError) in try write(element, 1, to: &inner) }
      case .optional(let element):
        try body.message(9) { (inner) throws(RuntimeError) in try write(element, 1, to: &inner) }
      case .map(let key, let value):
        try body.message(5) { (inner) throws(RuntimeError) in
          inner.int(1, Int64(key))
          try write(value, 2, to: &inner)
        }
      }
    }
  }

  private func write(
    _ elementType: Int32, _ shape: [TypeProto.Dimension]?, _ number: UInt32, to out: inout WireWriter
  ) throws(RuntimeError) {
    try out.message(number) { (body) throws(RuntimeError) in
      body.int(1, Int64(elementType))
      guard let shape else { return }
      try body.message(2) { (dims) throws(RuntimeError) in
        for dim in shape {
          try dims.message(1) { (fields) throws(RuntimeError) in
            switch dim {
            case .value(let size): fields.int(1, size)
            case .parameter(let name): fields.name(2, name)
            case .unknown: break
            }
          }
        }
      }
    }
  }

  private func write(_ function: FunctionProto, to out: inout WireWriter) throws(RuntimeError) {
    out.name(1, function.name)
    for name in function.inputs { out.name(4, name) }
    for name in function.outputs { out.name(5, name) }
    for name in function.attributeNames { out.name(6, name) }
    for node in function.nodes { try write(node, 7, to: &out) }
    try write(function.opsetImports, 9, to: &out)
    out.nonEmpty(10, function.domain)
    for attribute in function.attributeDefaults { try write(attribute, 11, to: &out) }
    for info in function.valueInfos { try write(info, 12, to: &out) }
    out.nonEmpty(13, function.overload)
  }
}
