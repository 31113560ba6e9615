import ONNXFormat
import Tensors
import Testing

@Suite struct ModelEncoderTests {
  /// What is written and read again is what was read, in every part that we read.
  @Test func keepsTheModel() throws {
    let source = FetchedSource(Golden.model)
    let loader = TensorLoader(source, external: GivenSources(["weights.bin": TensorReaderTests.weights]))
    let model = try ModelProto(decoding: source)
    let bytes = try ModelEncoder(loader).encode(model).bytes()
    let copy = GuardedSource(bytes)
    let again = try ModelProto(decoding: copy)

    #expect(describe(again) == describe(model))
    let copyLoader = TensorLoader(copy)
    for (before, after) in zip(model.graph.initializers, again.graph.initializers) {
      #expect(after.name == before.name)
      let old = try loader.load(before, allocator: Allocator())
      let new = try copyLoader.load(after, allocator: Allocator())
      #expect(new.type == old.type && new.shape == old.shape)
      #expect(new.packedBytes == old.packedBytes && new.storage.strings == old.storage.strings)
    }
    // Written once more it is the same file.
    #expect(try ModelEncoder(copyLoader).encode(again).bytes() == bytes)
  }

  /// The parts that have a text form, in one.
  private func describe(_ model: ModelProto) -> [String] {
    var lines = ["\(model.irVersion) \(model.producerName.text) \(model.producerVersion.text)"]
    lines += model.opsetImports.map { "opset \($0.domain.text) \($0.version)" }
    lines += model.metadata.map { "meta \($0.key.text) \($0.value.text)" }
    lines += describe(model.graph)
    for function in model.functions {
      lines.append("function \(function.domain.text) \(function.name.text) \(function.overload.text)")
      lines.append("\(function.inputs) \(function.outputs) \(function.attributeNames)")
      lines += function.attributeDefaults.map { "\($0.name.text) \(text($0.value))" }
      lines += function.opsetImports.map { "opset \($0.domain.text) \($0.version)" }
      lines += function.nodes.flatMap { describe($0) }
    }
    return lines
  }

  private func describe(_ graph: GraphProto) -> [String] {
    var lines = ["graph \(graph.name.text)"]
    lines += (graph.inputs + graph.outputs + graph.valueInfos).map { "\($0.name.text): \(text($0.type))" }
    lines += graph.initializers.map { "\($0.name.text) \($0.elementType) \($0.dims)" }
    lines += graph.sparseInitializers.map { text($0) }
    return lines + graph.nodes.flatMap { describe($0) }
  }

  private func describe(_ node: NodeProto) -> [String] {
    var lines = ["\(node.outputs) = \(node.domain.text).\(node.opType.text) \(node.overload.text) \(node.inputs)"]
    for attribute in node.attributes {
      lines.append("\(attribute.name.text) \(attribute.kind) \(attribute.refAttrName.text) \(text(attribute.value))")
      if case .graph(let graph) = attribute.value { lines += describe(graph) }
    }
    return lines
  }

  @Test func writesPluralAttributes() throws {
    let record = TensorRecord(name: "r", try Allocator().tensor(.int8, Shape([0])))
    var sparse = SparseTensorRecord()
    sparse.values = record
    sparse.indices = TensorRecord(name: "", try Allocator().tensor(.int64, Shape([0])))
    let types: [TypeProto] = [
      .sequence(.none), .sparseTensor(elementType: 1, shape: nil), .optional(.map(key: 8, value: .none)),
    ]
    var node = NodeProto()
    node.opType = "Any"
    node.attributes = [
      AttributeProto("tensors", .tensors([record, record])), AttributeProto("graphs", .graphs([GraphProto()])),
      AttributeProto("sparses", .sparseTensors([sparse])), AttributeProto("types", .types(types)),
    ]
    var model = ModelProto()
    model.irVersion = 8
    model.graph.nodes = [node]
    let again = try ModelProto(decoding: try MemorySource(try ModelEncoder().encode(model).bytes()))
    #expect(again.graph.nodes[0].attributes.map { text($0.value) } == node.attributes.map { text($0.value) })
  }

  @Test func writesATensorFile() throws {
    for type in ElementType.allCases where type != .string {
      let tensor = try Allocator().tensor(type, Shape([3, 3]))
      for i in 0..<tensor.byteCount { tensor.bytes.storeBytes(of: UInt8(i), toByteOffset: i, as: UInt8.self) }
      let source = GuardedSource(try ModelEncoder().encode(TensorRecord(name: "t", tensor)).bytes())
      let record = try ValueRecord(decoding: source, as: .tensor)
      let value = try record.load(TensorLoader(source), allocator: Allocator())
      #expect(value.tensor?.type == type)
      #expect(value.tensor?.packedBytes == tensor.packedBytes)
    }
  }
}
