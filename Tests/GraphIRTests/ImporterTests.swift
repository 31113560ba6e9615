import GraphIR
import ONNXFormat
import Tensors
import TestSupport
import Testing

@Suite struct ImporterTests {
  /// A model and the graph that it becomes.
  private func check(_ model: ModelProto, _ expected: String, sourceLocation: SourceLocation = #_sourceLocation) throws
  {
    #expect(try model.imported().graph.printed == expected, sourceLocation: sourceLocation)
  }

  private func refuses(_ model: ModelProto, _ part: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let text = message(sourceLocation: sourceLocation) { () throws(RuntimeError) in _ = try model.imported() }
    #expect(text.contains(part), "\(text)", sourceLocation: sourceLocation)
  }

  private let one = Tensor.float32([], [1])

  // MARK: Names

  @Test func leftOutInputsAndOutputs() throws {
    try check(
      model(graph(["x"], [node("y, -, z = Op(x, -, x)", ["axis": .int(-1), "mode": .string("a\nb")])], ["y", "z"])),
      "y, -, z = Op(x, -, x) {axis: -1, mode: \"a?b\"}\n-> y, z")
  }

  @Test func sortsNodes() throws {
    try check(
      model(graph(["x"], [node("c = C(b, x)"), node("b = B(a)"), node("a = A(x)")], ["c"])),
      """
      a = A(x)
      b = B(a)
      c = C(b, x)
      -> c
      """)
    // A body's reads count too.
    let body = graph([], [node("t = T(b)")], ["t"])
    try check(
      model(graph(["x"], [node("y = If(x)", ["then_branch": .graph(body)]), node("b = B(x)")], ["y"])),
      """
      b = B(x)
      y = If(x)
        then_branch():
          t = T(b)
          -> t
      -> y
      """)
  }

  @Test func refusesWrongGraphs() {
    refuses(model(graph(["x"], [node("a = A(b)"), node("b = B(a)")], ["b"])), "is part of a cycle")
    refuses(model(graph(["x"], [node("a = A(a)")], ["a"])), "node 'a' is part of a cycle")
    refuses(model(graph(["x"], [node("a = A(x)"), node("a = B(x)")], ["a"])), "value 'a' is made twice")
    refuses(model(graph(["x"], [node("x = A(x)")], ["x"])), "'x' is part of a cycle")
    refuses(model(graph(["x", "x"], [node("a = A(x)")], ["a"])), "value 'x' is made twice")
    refuses(model(graph(["x"], [node("x = A()")], ["x"])), "value 'x' is made twice")
    refuses(model(graph([], constants: ["w": one, "w": one], [], ["w"])), "value 'w' is made twice")
    refuses(model(graph(["x"], [node("a = A(z)")], ["a"])), "node 'a' (A): input 'z' is made by no node")
    refuses(model(graph(["x"], [node("a = A(x)")], ["z"])), "output 'z' is made by no node")
    refuses(model(graph(["x"], [node("a = far.A(x)")], ["a"])), "imports no opset of domain 'far'")
    // A body does not see what another body makes, nor formal inputs twice.
    let branch = graph([], [node("t = T(x)")], ["t"])
    refuses(
      model(graph(["x"], [node("y = If(x)", ["then_branch": .graph(branch)]), node("z = A(t)")], ["z"])),
      "input 't' is made by no node")
    let twice = graph(["i"], constants: ["i": one], [], ["i"])
    refuses(model(graph(["x"], [node("y = Loop(x)", ["body": .graph(twice)])], ["y"])), "value 'i' is made twice")
  }

  // MARK: Opsets

  @Test func opsets() throws {
    var proto = model(graph(["x"], [node("a = ai.onnx.A(x)"), node("b = com.B(a)")], ["b"]))
    proto.opsetImports = [
      OpsetImport(domain: "ai.onnx", version: 9), OpsetImport(domain: "com", version: 3),
      OpsetImport(domain: "", version: 17), OpsetImport(domain: "com", version: 2),
    ]
    let imported = try proto.imported()
    #expect(imported.opsets.versions.map(\.version) == [17, 3])
    #expect(imported.opsets["ai.onnx"] == 17 && imported.opsets[""] == 17 && imported.opsets["far"] == nil)
    #expect(imported.graph.printed == "a = A(x)\nb = com.B(a)\n-> b")
    #expect(imported.graph.nodes.map(\.opset) == [17, 3])
    refuses(model(graph([], [], []), opset: Importer.newestOpset + 1), "the newest known is \(Importer.newestOpset)")
  }

  // MARK: Constants

  @Test func initializersThatAreInputs() throws {
    var proto = model(graph(["x", "w"], constants: ["w": one], [node("y = A(x, w)")], ["y"]))
    for (version, overrides, inputs, defaults) in [
      (3, nil, 1, 0), (3, true, 1, 1), (4, nil, 1, 1), (4, false, 1, 0), (4, true, 1, 1),
    ] as [(Int64, Bool?, Int, Int)] {
      proto.irVersion = version
      let importing = try ModelImport(
        proto, loader: TensorLoader(ByteSource(byteCount: 0)), allocator: testAllocator,
        overridesInitializers: overrides)
      let model = try #require(try importing.advance())
      #expect(model.inputs.map(\.name.text) == ["x"], "IR \(version)")
      #expect(model.defaults.map(\.input.name.text) == (defaults == 1 ? ["w"] : []), "IR \(version)")
      #expect(model.constantInputs.map(\.text) == (defaults == 1 ? [] : ["w"]), "IR \(version)")
      #expect(model.graph.inputs.count == inputs + defaults)
      #expect(model.graph.values.contains { $0.constant != nil } == (defaults == 0))
    }
  }

  @Test func constantNodes() throws {
    let values: [(String, AttributeProto.Value, ElementType, [Int])] = [
      ("value", .tensor(TensorRecord(name: "", .int32([2], [1, 2]))), .int32, [2]),
      ("value_float", .float(1), .float32, []),
      ("value_floats", .floats([1, 2]), .float32, [2]), ("value_int", .int(1), .int64, []),
      ("value_ints", .ints([1, 2, 3]), .int64, [3]), ("value_string", .string("a"), .string, []),
      ("value_strings", .strings(["a", "b"]), .string, [2]), ("value_ints", .ints([]), .int64, [0]),
    ]
    for (name, value, type, dims) in values {
      var constant = node("c = Constant()")
      constant.attributes = [AttributeProto(Name(text: name), value)]
      let graph = try model(graph([], [constant], ["c"])).imported().graph
      #expect(graph.nodes.isEmpty)
      let made = graph.values[graph.outputs[0]].constant
      #expect(made?.type == type && made?.shape.dims == dims, "\(name)")
    }
    refuses(
      model(graph([], [node("c = Constant()")], ["c"])), "node 'c' (Constant): a Constant must have one attribute")
  }

  @Test func sparseTensors() throws {
    func sparse(_ values: Tensor, _ indices: Tensor, _ dims: [Int64]) -> ModelProto {
      var record = SparseTensorRecord()
      record.values = TensorRecord(name: "s", values)
      record.indices = TensorRecord(name: "", indices)
      record.dims = dims
      var proto = graph([], [], ["s"])
      proto.sparseInitializers = [record]
      return model(proto)
    }
    let cases: [(ModelProto, [Double])] = [
      (sparse(.float32([2], [5, 6]), .int64([2], [1, 3]), [2, 2]), [0, 5, 0, 6]),
      (sparse(.float32([2], [5, 6]), .int64([2, 2], [0, 1, 1, 0]), [2, 2]), [0, 5, 6, 0]),
      (sparse(.float32([0], []), .int64([0], []), [3]), [0, 0, 0]),
    ]
    for (proto, expected) in cases {
      let graph = try proto.imported().graph
      #expect(try graph.values[graph.outputs[0]].constant?.tensor(testAllocator).doubles == expected)
    }
    refuses(sparse(.float32([1], [5]), .int64([1], [4]), [2, 2]), "index 4")
    refuses(sparse(.float32([1], [5]), .int64([1], [-1]), [2, 2]), "index -1")
    refuses(sparse(.float32([1], [5]), .int64([1, 2], [0, 2]), [2, 2]), "index 2")
    refuses(sparse(.float32([1], [5]), .int64([1, 2], [0, 1]), [2, 2, 2]), "has 2 numbers an index")
    refuses(sparse(.float32([1], [5]), .int32([1], [0]), [2, 2]), "int64 indices")
  }
}
