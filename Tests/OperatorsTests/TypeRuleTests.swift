import Apus
import Operators
import TestSupport
import Testing

/// Element types are refused while the session is made, in graphs of any shapes.
@Suite struct TypeRuleTests {
  private let levels: [OptimizationLevel] = [.none, .all]

  private func session(_ proto: GraphProto, _ level: OptimizationLevel, opset: Int = 22) throws(RuntimeError) -> Session
  {
    var options = Session.Options()
    options.optimization = level
    var proto = model(proto, opset: opset)
    proto.opsetImports.append(OpsetImport(domain: "com.microsoft", version: 1))
    return try Session(model: proto, options: options)
  }

  private func checkRefused(
    _ proto: GraphProto, opset: Int = 22, _ node: String, _ reason: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for level in levels {
      let message = message(sourceLocation: sourceLocation) { () throws(RuntimeError) in
        _ = try session(proto, level, opset: opset)
      }
      #expect(
        message.contains("node '\(node)'") && message.contains(reason), "\(message)", sourceLocation: sourceLocation)
    }
  }

  /// Every letter of every row means something, and a row says what comes out of it.
  @Test func rowsAreReadable() {
    for row in Registry.rows {
      let sides = "\(row.signature)".split(separator: ">", omittingEmptySubsequences: false)
      #expect(sides.count == 2, "\(row.name)")
      #expect(sides[0].allSatisfy { "T123456789*afnlubsiyxzvqkremoc.".contains($0) }, "\(row.name)")
      #expect(sides[1].allSatisfy { "T123456789awflnubs.".contains($0) }, "\(row.name)")
      // Only an operator of no inputs has no letter, and one of control flow, whose bodies answer.
      #expect(!sides[0].isEmpty || row.arity.upperBound == 0, "\(row.name)")
    }
  }

  @Test func inputs() {
    checkRefused(graph(["x: int32"], [node("y = Softmax(x)")], ["y"]), "y", "input 0 may not be of type int32")
    checkRefused(
      graph(["x", "w: float64"], [node("y = Conv(x, w)")], ["y"]), "y",
      "input 1 may not be of type float64 beside float32")
    checkRefused(graph(["a", "b: int64"], [node("y = Add(a, b)")], ["y"]), "y", "of one type, got float32 and int64")
    checkRefused(graph(["x", "i"], [node("y = Gather(x, i)")], ["y"]), "y", "input 1 may not be of type float32")
    checkRefused(
      graph(["c: bool", "a", "b: int8"], [node("y = Where(c, a, b)")], ["y"]), "y", "of one type, got float32 and int8")
    // Inputs that repeat in threes.
    let concat = "y = com.microsoft.QLinearConcat(s, z, a, s, z, a, s, "
    let bytes = ["s", "z: uint8", "a: uint8", "n: int8"]
    checkRefused(graph(bytes, [node(concat + "n)")], ["y"]), "y", "of one type, got uint8 and int8")
    checkRefused(graph(bytes, [node(concat + "z, a, z, z)")], ["y"]), "y", "input 9 may not be of type uint8")
  }

  /// What an attribute decides.
  @Test func attributes() {
    checkRefused(
      graph(["x"], [node("c = Cast(x)", ["to": .int(7)]), node("y = Exp(c)")], ["y"]), "y",
      "input 0 may not be of type int64")
    checkRefused(
      graph(["x"], [node("y = Cast(x)", ["to": .int(14)])], ["y"]), "y", "casts to complex64 are not supported")
    checkRefused(
      graph(["x: string", "i: int64"], [node("y = ScatterND(x, i, x)", ["reduction": .string("add")])], ["y"]), "y",
      "input 0 may not be of type string")
    checkRefused(
      graph(["x: float16"], [node("y = BitCast(x)", ["to": .int(1)])], ["y"]), opset: 26, "y",
      "input 0 may not be of type float16")
    checkRefused(
      graph(["x", "s", "z: int8"], [node("y = QuantizeLinear(x, s, z)", ["output_dtype": .int(2)])], ["y"]), "y",
      "input 2 may not be of type int8")
  }

  /// Types go on through nodes, whatever the shapes are, also those that depend on data.
  @Test func chains() throws {
    let proto = graph(
      ["x: float16 [n, ?]"],
      [
        node("s = Shape(x)"), node("r = Reshape(x, s)"), node("n = NonZero(r)"), node("f = CastLike(n, x)"),
        node("k, i = TopK(f, s)"), node("q = SequenceConstruct(k, f)"), node("e = SequenceAt(q, i)"),
        node("y = Equal(e, f)"),
      ], ["y", "i", "e", "q"])
    for level in levels {
      let session = try session(proto, level)
      #expect((0..<4).map { session.elementType(ofOutput: $0) } == [.bool, .int64, .float16, .float16])
    }
    checkRefused(
      graph(["x"], [node("n = NonZero(x)"), node("y = Erf(n)")], ["y"]), "y", "input 0 may not be of type int64")
  }

  @Test func bodies() throws {
    let wrong = graph([], [node("y = Erf(k)")], ["y"])
    let right = graph([], [node("y = Abs(k)")], ["y"])
    checkRefused(
      graph(
        ["c: bool", "k: int32"], [node("z = If(c)", ["then_branch": .graph(right), "else_branch": .graph(wrong)])],
        ["z"]),
      "y", "input 0 may not be of type int32")
    checkRefused(
      graph(
        ["c: uint8", "k: int32"], [node("z = If(c)", ["then_branch": .graph(right), "else_branch": .graph(right)])],
        ["z"]), "z", "input 0 may not be of type uint8")
    // The number of the iteration is int64, the condition bool, and then comes what is handed on.
    func loop(_ inner: String) -> GraphProto {
      let body = graph(
        ["i: int64", "c: bool", "a"], [node("go = Identity(c)"), node("b = Identity(a)"), node(inner)],
        ["go", "b", "s"])
      return graph(["m: int64", "x: float64"], [node("z, t = Loop(m, -, x)", ["body": .graph(body)])], ["z", "t"])
    }
    checkRefused(loop("s = Erf(i)"), "s", "input 0 may not be of type int64")
    checkRefused(loop("s = Not(a)"), "s", "input 0 may not be of type float64")
    checkRefused(loop("s = Neg(c)"), "s", "input 0 may not be of type bool")
    let types = try session(loop("s = Equal(a, b)"), .none)
    #expect([types.elementType(ofOutput: 0), types.elementType(ofOutput: 1)] == [.float64, .bool])
    let scan = graph(["a", "b"], [node("s = Add(a, b)"), node("t = IsNaN(b)")], ["s", "t"])
    checkRefused(
      graph(
        ["x", "v: int16"], [node("z, w = Scan(x, v)", ["body": .graph(scan), "num_scan_inputs": .int(1)])], ["z", "w"]),
      "s", "of one type, got float32 and int16")
  }

  /// Where a file says nothing of an input's type, the run does.
  @Test func undeclared() throws {
    var proto = graph(["x"], [node("y = Erf(x)")], ["y"])
    proto.inputs[0].type = .none
    let session = try session(proto, .all)
    #expect(session.elementType(ofOutput: 0) == nil)
    let reason = message { () throws(RuntimeError) in _ = try session.run([("x", .tensor(.int64([1], [1])))]) }
    #expect(reason.contains("input 0 may not be of type int64"), "\(reason)")
  }
}
