import GraphIR
import Tensors
import TestSupport
import Testing

@Suite struct PatchTests {
  private func imported() throws -> Graph {
    let body = graph([], [node("t = T(b)")], ["t"])
    return try model(
      graph(
        ["x"], [node("a = A(x)"), node("b = B(a)"), node("c = C(b)", ["then_branch": .graph(body)]), node("d = D(a)")],
        ["c", "d"])
    ).imported().graph
  }

  private func id(_ name: Name, _ graph: Graph) -> ValueID { graph.values.firstIndex { $0.name == name }! }

  @Test func replaces() throws {
    let graph = try imported()
    var patch = Patch()
    #expect(patch.isEmpty)
    let fresh = graph.addValue()
    patch.replace(
      1, by: Node("P", opset: 1, inputs: [id("x", graph)], outputs: [fresh]),
      Node("Q", opset: 1, inputs: [fresh], outputs: [id("b", graph)]))
    graph.apply(patch)
    #expect(
      graph.printed == """
        a = A(x)
        %\(fresh) = P(x)
        b = Q(%\(fresh))
        c = C(b)
          then_branch():
            t = T(b)
            -> t
        d = D(a)
        -> c, d
        """)
  }

  /// Readers in bodies and the graph's outputs follow, along a chain of substitutions too; what nobody reads goes.
  @Test func substitutes() throws {
    let graph = try imported()
    var patch = Patch()
    patch.substitute(id("b", graph), by: id("a", graph))
    patch.substitute(id("a", graph), by: id("x", graph))
    patch.substitute(id("d", graph), by: id("b", graph))
    graph.apply(patch)
    #expect(graph.printed == "c = C(x)\n  then_branch():\n    t = T(b)\n    -> t\n-> c, x")
    #expect(graph.nodes[0].bodies[0].captures == [id("x", graph)])
  }

  @Test func removesWhatNobodyReads() throws {
    let graph = try imported()
    graph.outputs.removeFirst()
    graph.removeUnread()
    #expect(graph.printed == "a = A(x)\nd = D(a)\n-> d")
  }

  @Test func countsUses() throws {
    let graph = try imported()
    #expect(["x", "a", "b", "c", "d"].map { graph.useCounts()[id($0, graph)] } == [1, 2, 2, 1, 1])
    #expect(["x", "a", "b", "c", "d"].map { graph.producers()[id($0, graph)] } == [nil, 0, 1, 2, 3])
  }
}
