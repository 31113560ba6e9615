import GraphIR
import ONNXFormat
import Tensors
import TestSupport
import Testing

/// Function calls, which are replaced by the functions' nodes.
@Suite struct FunctionTests {
  private func check(_ model: ModelProto, _ expected: String, sourceLocation: SourceLocation = #_sourceLocation) throws
  {
    #expect(try model.imported().graph.printed == expected, sourceLocation: sourceLocation)
  }

  @Test func inlinesWithOwnNames() throws {
    let twice = function("Twice", ["a"], [node("t = Add(a, a)"), node("b = Neg(t)")], ["b"])
    try check(
      model(graph(["x", "t"], [node("y = local.Twice(x)"), node("z = local.Twice(y)"), node("o = Add(z, t)")], ["o"]))
        .with(twice),
      """
      y/t = Add(x, x)
      y/b = Neg(y/t)
      z/t = Add(y/b, y/b)
      z/b = Neg(z/t)
      o = Add(z/b, t)
      -> o
      """)
    let names = try model(graph(["x"], [node("y = local.Twice(x)")], ["y"])).with(twice).imported()
    #expect(names.graph.nodes.map(\.name.text) == ["y/t", "y/b"])
    #expect(names.outputs.map(\.name.text) == ["y"])
  }

  @Test func leftOutInputsAndOutputs() throws {
    let f = function("F", ["a", "b", "c"], [node("p = P(a, b, c)"), node("q = Q(a)")], ["p", "q"])
    try check(
      model(graph(["x"], [node("y = local.F(x, -)")], ["y"])).with(f), "y/p = P(x, -, -)\ny/q = Q(x)\n-> y/p")
    try check(
      model(graph(["x"], [node("-, y = local.F(x, -, x)")], ["y"])).with(f), "y/p = P(x, -, x)\ny/q = Q(x)\n-> y/q")
  }

  @Test func outputMayBeAnInput() throws {
    let same = function("Same", ["a"], [], ["a"])
    try check(
      model(graph(["x"], [node("y = local.Same(x)"), node("z = Neg(y)")], ["z"])).with(same), "z = Neg(x)\n-> z")
  }

  @Test func attributes() throws {
    let f = function(
      "F", ["a"], [node("b = Op(a, -)", ["fixed": .int(1)]).referring("axis", to: "axis").referring("mode", to: "how")],
      ["b"], attributes: ["axis"], defaults: ["how": .string("plain")])
    try check(
      model(graph(["x"], [node("y = local.F(x)", ["axis": .int(3)])], ["y"])).with(f),
      "y/b = Op(x, -) {fixed: 1, axis: 3, mode: \"plain\"}\n-> y/b")
    try check(
      model(graph(["x"], [node("y = local.F(x)", ["how": .string("odd")])], ["y"])).with(f),
      "y/b = Op(x, -) {fixed: 1, mode: \"odd\"}\n-> y/b")
  }

  /// An attribute goes through two calls and into a body and a Constant.
  @Test func nested() throws {
    let branch = graph([], [node("k = Constant()").referring("value_int", to: "n"), node("t = Add(a, k)")], ["t"])
    let inner = function("Inner", ["a"], [node("b = If(a)", ["then_branch": .graph(branch)])], ["b"], attributes: ["n"])
    let outer = function("Outer", ["a"], [node("b = local.Inner(a)").referring("n", to: "m")], ["b"], attributes: ["m"])
    let proto = model(graph(["x"], [node("y = local.Outer(x)", ["m": .int(7)])], ["y"])).with(inner, outer)
    try check(
      proto,
      """
      y/b/b = If(x)
        then_branch():
          y/b/t = Add(a, y/b/k)
          -> y/b/t
      -> y/b/b
      """)
    let body = try proto.imported().graph.nodes[0].bodies[0].graph
    #expect(try body.values.first { $0.constant != nil }?.constant?.tensor(testAllocator).integers == [7])
  }

  /// A function sees nothing of its caller's graph.
  @Test func seesNoOuterNames() {
    let f = function("F", ["a"], [node("b = Add(a, x)")], ["b"])
    let text = message { () throws(RuntimeError) in
      _ = try model(graph(["x"], [node("y = local.F(x)")], ["y"])).with(f).imported()
    }
    #expect(text == "node 'y/b' (Add): input 'x' is made by no node and is no input of the graph")
  }

  @Test func callInABody() throws {
    let f = function("F", ["a"], [node("b = Neg(a)")], ["b"])
    let body = graph([], [node("t = local.F(x)")], ["t"])
    try check(
      model(graph(["x"], [node("y = If(x)", ["then_branch": .graph(body)])], ["y"])).with(f),
      "y = If(x)\n  then_branch():\n    t/b = Neg(x)\n    -> t/b\n-> y")
  }

  @Test func refusals() {
    func text(_ call: String, _ functions: FunctionProto...) -> String {
      var proto = model(graph(["x"], [node(call)], ["y"])).with()
      proto.functions = functions
      return message { () throws(RuntimeError) in _ = try proto.imported() }
    }
    let f = function("F", ["a"], [node("b = local.F(a)")], ["b"])
    #expect(text("y = local.F(x)", f).contains("functions may call each other 64 deep"))
    let g = function("G", ["a"], [node("b = local.H(a)")], ["b"])
    let h = function("H", ["a"], [node("b = local.G(a)")], ["b"])
    #expect(text("y = local.G(x)", g, h).contains("functions may call each other 64 deep"))
    // Forty functions that each call the next one twice, the last one of many nodes.
    var bomb = model(graph(["x"], [node("y = local.D0(x)")], ["y"])).with()
    bomb.functions = (0..<40).map { i in
      function("D\(i)", ["a"], [node("t = local.D\(i + 1)(a)"), node("b = local.D\(i + 1)(t)")], ["b"])
    }
    bomb.functions.append(function("D40", ["a"], (0..<2048).map { node("v\($0) = Neg(a)") }, ["v0"]))
    #expect(message { () throws(RuntimeError) in _ = try bomb.imported() }.contains("a graph may have"))
    let plain = function("P", ["a"], [node("b = Neg(a)")], ["b"])
    #expect(text("y = local.P(x, x)", plain).contains("the function has 1 inputs and 1 outputs"))
    #expect(text("z, y = local.P(x)", plain).contains("the function has 1 inputs and 1 outputs"))
    let open = function("O", ["a"], [node("c = Neg(a)")], ["b"])
    #expect(text("y = local.O(x)", open).contains("output 'b' of the function is made by no node"))
    let twice = function("T", ["a"], [node("b = Neg(a)"), node("b = Abs(a)")], ["b"])
    #expect(text("y = local.T(x)", twice).contains("value 'b' is made twice"))
    var foreign = function("X", ["a"], [node("b = far.Op(a)")], ["b"])
    foreign.opsetImports = []
    #expect(text("y = local.X(x)", foreign).contains("imports no opset of domain 'far'"))
  }

  @Test func ownOpset() throws {
    var f = function("F", ["a"], [node("b = Neg(a)")], ["b"])
    f.opsetImports = [OpsetImport(domain: "ai.onnx", version: 13)]
    let graph = try model(graph(["x"], [node("y = local.F(x)"), node("z = Neg(y)")], ["z"])).with(f).imported().graph
    #expect(graph.nodes.map(\.opset) == [13, 22])
  }

  @Test func overloads() throws {
    var a = function("F", ["a"], [node("b = Neg(a)")], ["b"])
    var b = function("F", ["a"], [node("b = Abs(a)")], ["b"])
    a.overload = "one"
    b.overload = "two"
    var call = node("y = local.F(x)")
    call.overload = "two"
    try check(model(graph(["x"], [call], ["y"])).with(a, b), "y/b = Abs(x)\n-> y/b")
  }
}
