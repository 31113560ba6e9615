import GraphIR
import ONNXFormat
import Tensors
import TestSupport
import Testing

/// Bodies of control flow: what they see, and what they capture.
@Suite struct SubgraphTests {
  @Test func capturesAtEveryDepth() throws {
    let inner = graph([], [node("t = Add(x, m)")], ["t"])
    let middle = graph([], [node("m = Neg(p)"), node("s = If(c)", ["then_branch": .graph(inner)])], ["s"])
    let outer = graph(["c", "x", "p"], [node("y = If(c)", ["then_branch": .graph(middle)])], ["y"])
    let imported = try model(outer).imported().graph
    #expect(
      imported.printed == """
        y = If(c)
          then_branch():
            m = Neg(p)
            s = If(c)
              then_branch():
                t = Add(x, m)
                -> t
            -> s
        -> y
        """)
    // The middle body captures x only to hand it on.
    let body = imported.nodes[0].bodies[0]
    #expect(body.captures.map { imported.valueName($0).text } == ["p", "c", "x"])
    #expect(body.formalCount == 0 && body.graph.inputs.count == 3)
    let deepest = body.graph.nodes[1].bodies[0]
    #expect(deepest.captures.map { body.graph.valueName($0).text } == ["x", "m"])
    #expect(imported.nodes[0].reads.count == 4)
  }

  @Test func outputMayBeACaptureOrAnInput() throws {
    let body = graph(["i", "go", "v"], [], ["go", "v", "x"])
    let imported = try model(graph(["n", "x"], [node("y, s = Loop(n, -, x)", ["body": .graph(body)])], ["y", "s"]))
      .imported().graph
    #expect(imported.printed == "y, s = Loop(n, -, x)\n  body(i, go, v):\n    -> go, v, x\n-> y, s")
    #expect(imported.nodes[0].bodies[0].captures == [imported.inputs[1]])
  }

  @Test func capturedConstantsBecomeConstants() throws {
    let inner = graph([], [node("t = Add(x, w)")], ["t"])
    let middle = graph([], [node("s = If(c)", ["then_branch": .graph(inner)])], ["s"])
    let outer = graph(
      ["c", "x"], constants: ["w": .float32([], [1])], [node("y = If(c)", ["then_branch": .graph(middle)])], ["y"])
    let imported = try model(outer).imported().graph
    let deepest = imported.nodes[0].bodies[0].graph.nodes[0].bodies[0]
    #expect(deepest.captures.count == 1)
    #expect(deepest.graph.values.contains { $0.name == "w" && $0.constant != nil })
  }

  /// What a pass folded in the outer graph is handed down later.
  @Test func foldedConstantsAreHandedDown() throws {
    let body = graph(["i"], [node("t = Add(p, q)")], ["t"])
    let imported = try model(graph(["p", "q"], [node("y = Loop(p)", ["body": .graph(body)])], ["y"])).imported().graph
    imported.values[imported.inputs[0]].constant = LoadedConstant(.float32([], [1]))
    imported.handDownConstants()
    let handed = imported.nodes[0].bodies[0]
    #expect(handed.captures == [imported.inputs[1]])
    #expect(handed.graph.inputs.map { handed.graph.valueName($0).text } == ["i", "q"])
    #expect(handed.graph.values.filter { $0.constant != nil }.map(\.name.text) == ["p"])
  }

  /// A body's own names hide those outside, also of nodes that come later and of the node it belongs to.
  @Test func shadowing() throws {
    let body = graph([], constants: ["w": .float32([], [2])], [node("z = Add(x, w)"), node("y = Neg(z)")], ["y"])
    let outer = graph(
      ["c", "x"], constants: ["w": .float32([], [1])],
      [node("y = If(c)", ["then_branch": .graph(body)]), node("z = Mul(y, w)")], ["z"])
    let imported = try model(outer).imported().graph
    #expect(
      imported.printed == """
        y = If(c)
          then_branch():
            z = Add(x, w)
            y = Neg(z)
            -> y
        z = Mul(y, w)
        -> z
        """)
    let inner = imported.nodes[0].bodies[0]
    #expect(inner.captures.count == 1)
    let w = inner.graph.values.first { $0.name == "w" }
    #expect(try w?.constant?.tensor(testAllocator).doubles == [2])
  }

  @Test func declaredOutputsAreKept() throws {
    let body = graph(["i", "go"], [node("v = Neg(i)")], ["go: bool []", "v: int64 [2, n, ?]"])
    let imported = try model(graph(["n"], [node("s = Loop(n, -)", ["body": .graph(body)])], ["s"])).imported().graph
    let declared = imported.nodes[0].bodies[0].graph.declaredOutputs
    #expect(declared.map(\.type) == [.bool, .int64])
    #expect(declared[1].dims == [.known(2), .named("n"), .unknown])
  }

  @Test func depthHasALimit() {
    var body = graph([], [node("t = Neg(x)")], ["t"])
    for _ in 0..<100 { body = graph([], [node("t = If(x)", ["then_branch": .graph(body)])], ["t"]) }
    body.inputs = graph(["x"], [], []).inputs
    let text = message { () throws(RuntimeError) in _ = try model(body).imported() }
    #expect(text.contains("may nest 64 deep"), "\(text)")
  }
}
