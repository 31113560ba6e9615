import ONNXFormat
import Tensors
import Testing

@Suite struct ModelDecoderTests {
  let model: ModelProto

  init() throws { model = try ModelProto(decoding: try MemorySource(Golden.model)) }

  @Test func readsTheModel() {
    #expect(model.irVersion == 10)
    #expect(model.producerName == "golden")
    #expect(model.producerVersion == "1")
    #expect(model.opsetImports.map(\.domain.text) == ["", "test", "ai.onnx"])
    #expect(model.opsetImports.map(\.version) == [21, 2, 20])
    #expect(model.metadata.map { [$0.key.text, $0.value.text] } == [["author", "test"]])
  }

  @Test func readsTheGraph() {
    let graph = model.graph
    #expect(graph.name == "golden")
    #expect(
      graph.inputs.map { "\($0.name.text): \(text($0.type))" } == [
        "x: tensor(1)[batch, 3, ?]", "flag: tensor(9)[]", "unranked: tensor(1)", "list: seq(tensor(8)[2])",
        "maybe: optional(tensor(3)[])", "table: map(7, tensor(1)[])",
      ])
    #expect(graph.outputs.map(\.name.text) == ["y", "z"])
    #expect(graph.valueInfos.map(\.name.text) == ["between"])
    #expect(graph.initializers.count == 17)
    #expect(graph.sparseInitializers.map { text($0) } == ["sparse in [2, 3] at [2]"])
  }

  @Test func readsNodesAndAttributes() throws {
    let node = try #require(model.graph.nodes.first)
    #expect(node.inputs == ["x", "", "raw"])
    #expect(node.outputs == ["y"])
    #expect([node.name, node.opType, node.domain, node.overload] == ["all", "Everything", "test", "o"])
    #expect(
      node.attributes.map { "\($0.name.text) \(text($0.value))" } == [
        "float 0.5", "int -3", "string 'text'", "tensor of 7 [1]", "floats [1.0, -1.0]", "ints [1, -1, 1099511627776]",
        "strings [\"a\", \"b\"]", "type tensor(1)[1, ?, n]", "sparse sparse in [2, 3] at [2]", "empty []", "zero 0",
        "reference none", "untyped 5",
      ])
    let reference = node.attributes[11]
    #expect(reference.refAttrName == "alpha")
    #expect(reference.kind == .float)
  }

  @Test func readsSubgraphs() throws {
    let node = model.graph.nodes[1]
    for (attribute, name) in zip(node.attributes, ["e", "t"]) {
      guard case .graph(let graph) = attribute.value else { return #expect(Bool(false), "not a graph") }
      #expect(graph.name.text == name)
      #expect(graph.nodes.map(\.opType.text) == ["Constant"])
      #expect(graph.outputs.map(\.name.text) == [name])
    }
  }

  @Test func readsFunctions() throws {
    let function = try #require(model.functions.first)
    #expect([function.domain, function.name, function.overload] == ["test", "Twice", "second"])
    #expect(function.inputs == ["a"])
    #expect(function.outputs == ["b"])
    #expect(function.attributeNames == ["must"])
    #expect(function.attributeDefaults.map { "\($0.name.text) \(text($0.value))" } == ["alpha 0.25"])
    #expect(function.nodes.map(\.opType.text) == ["Add"])
    #expect(function.opsetImports.map(\.version) == [18])
  }

  @Test(arguments: Array(1...16)) func knowsItsVersions(_ version: Int) throws {
    var other = ModelProto()
    other.irVersion = Int64(version)
    let bytes = try ModelEncoder().encode(other).bytes()
    let said = message { _ = try ModelProto(decoding: try MemorySource(bytes)) }
    #expect(said == ((3...14).contains(version) ? nil : "the IR version must be 3 to 14, got \(version)"))
  }

  struct Bad: CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let message: String
  }

  static let bad = [
    Bad(testDescription: "empty", bytes: [], message: "the model is empty: 0 bytes"),
    Bad(
      testDescription: "no graph", bytes: [8, 8],
      message: "there is no graph in the file: it is not an ONNX model"),
    Bad(
      testDescription: "text", bytes: Array("#!/bin/sh\n".utf8),
      message: "the message ends in the middle of a field at byte 10"),
  ]

  @Test(arguments: bad) func saysWhatIsWrong(_ item: Bad) {
    #expect(message { _ = try ModelProto(decoding: GuardedSource(item.bytes)) } == item.message)
  }

  @Test func saysWhichAttributeIsWrong() throws {
    let cases: [([UInt8], String)] = [
      ([10, 1, 97, 0xa0, 0x01, 99], "attribute 'a' at byte 7 has the unknown type 99"),
      ([10, 1, 97, 0xa0, 0x01, 4], "attribute 'a' at byte 7 says it is a tensor, graph or type and carries none"),
    ]
    for (attribute, expected) in cases {
      let node = [0x2a, UInt8(attribute.count)] + attribute
      let graph = [0x0a, UInt8(node.count)] + node
      let bytes = [8, 8, 0x3a, UInt8(graph.count)] + graph
      #expect(message { _ = try ModelProto(decoding: GuardedSource(bytes)) } == expected)
    }
  }

  /// Weights are not fetched by the decoder, from a source that is not mapped.
  @Test func leavesWeightsAlone() throws {
    var model = ModelProto()
    model.irVersion = 8
    for i in 0..<8 {
      let tensor = try Allocator().tensor(.float32, Shape([1 << 18]))
      model.graph.initializers.append(TensorRecord(name: Name(text: "w\(i)"), tensor))
    }
    let source = FetchedSource(try ModelEncoder().encode(model).bytes())
    #expect(source.byteCount > 8 << 20)
    #expect(try ModelProto(decoding: source).graph.initializers.count == 8)
    #expect(source.fetchedBytes <= 65_536 + 8 * 4096)
  }
}

func text(_ type: TypeProto) -> String {
  func dims(_ shape: [TypeProto.Dimension]?) -> String {
    guard let shape else { return "" }
    let parts = shape.map { dim in
      switch dim {
      case .value(let size): "\(size)"
      case .parameter(let name): name.text
      case .unknown: "?"
      }
    }
    return "[" + parts.joined(separator: ", ") + "]"
  }
  return switch type {
  case .none: "none"
  case .tensor(let elementType, let shape): "tensor(\(elementType))\(dims(shape))"
  case .sparseTensor(let elementType, let shape): "sparse(\(elementType))\(dims(shape))"
  case .sequence(let element): "seq(\(text(element)))"
  case .optional(let element): "optional(\(text(element)))"
  case .map(let key, let value): "map(\(key), \(text(value)))"
  }
}

func text(_ record: SparseTensorRecord) -> String {
  "\(record.values.name.text) in \(record.dims) at \(record.indices.dims)"
}

func text(_ value: AttributeProto.Value) -> String {
  switch value {
  case .none: "none"
  case .float(let value): "\(value)"
  case .int(let value): "\(value)"
  case .string(let value): "'\(value.text)'"
  case .tensor(let record): "of \(record.elementType) \(record.dims)"
  case .graph(let graph): "graph \(graph.name.text)"
  case .sparseTensor(let record): text(record)
  case .type(let type): text(type)
  case .floats(let values): "\(values)"
  case .ints(let values): "\(values)"
  case .strings(let values): "\(values.map(\.text))"
  case .tensors(let records): "\(records.map(\.dims))"
  case .graphs(let graphs): "\(graphs.map(\.name.text))"
  case .sparseTensors(let records): "\(records.map { text($0) })"
  case .types(let types): "\(types.map { text($0) })"
  }
}
