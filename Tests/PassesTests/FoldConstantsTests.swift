import Apus
import TestSupport
import Testing

@testable import Passes

@Suite struct FoldConstantsTests {
  private let a: KeyValuePairs<String, Tensor> = ["a": .float32([2], [1, 2]), "b": .float32([2], [3, 5])]

  @Test func folds() {
    let x = [("x", Tensor.mixed([2]))]
    check(
      FoldConstants.pass,
      [
        PassCase(
          "a chain", constants: a, [node("s = Add(a, b)"), node("p = Mul(s, s)"), node("y = Add(x, p)")],
          becomes: "y = Add(x, p)", feeds: x),
        PassCase(
          "an output", constants: a, [node("y = Add(a, b)"), node("z = Neg(x)")], ["y", "z"], becomes: "z = Neg(x)",
          feeds: x),
        PassCase(
          "a view", constants: ["w": .ramp([4]), "s": .int64([2], [2, 2])],
          [node("r = Reshape(w, s)"), node("y = MatMul(x, r)")], becomes: "y = MatMul(x, r)", feeds: x),
        PassCase("fed", constants: a, [node("s = Add(a, x)"), node("y = Add(s, b)")], becomes: nil, feeds: x),
        PassCase(
          "a result that grows", constants: ["s": .int64([2], [1000, 100])],
          [node("c = ConstantOfShape(s)"), node("y = Add(x, c)")], becomes: nil,
          feeds: [("x", .mixed([1]))]),
        PassCase(
          "a small one", constants: ["s": .int64([1], [2])], [node("c = ConstantOfShape(s)"), node("y = Add(x, c)")],
          becomes: "y = Add(x, c)", feeds: x),
        PassCase(
          "data-dependent", constants: a, [node("i = NonZero(a)"), node("y = Gather(x, i)")], becomes: nil, feeds: x),
        PassCase(
          "no inputs", [node("r = RandomUniform()", ["shape": .ints([2])]), node("y = Add(x, r)")], becomes: nil),
        PassCase(
          "large weights of halves",
          constants: ["w": .float16([200, 200], (0..<40000).map { Float($0 % 17 - 8) / 16 })],
          [node("c = Cast(w)", ["to": .int(1)]), node("y = MatMul(x, c)")], becomes: "y = MatMul(x, c)",
          feeds: [("x", .mixed([3, 200]))]),
        PassCase("not implemented", constants: a, [node("n = NoSuchOp(a)"), node("y = Add(x, n)")], becomes: nil),
        PassCase(
          "wrong", constants: ["a": .ramp([2]), "b": .ramp([3])], [node("s = Add(a, b)"), node("y = Add(x, s)")],
          becomes: nil),
      ])
  }

  @Test func values() throws {
    let graph = try model(graph([], constants: a, [node("s = Sub(a, b)"), node("y = Mul(s, s)")], ["y"])).imported()
      .graph
    graph.apply(try FoldConstants.pass.patch(graph, PassContext(allocator: testAllocator)))
    #expect(graph.nodes.isEmpty)
    #expect(try graph.values[graph.outputs[0]].constant?.tensor(testAllocator).doubles == [4, 9])
  }

  /// As large as the inputs is no growth, however large they are.
  @Test func large() throws {
    let big = Tensor.ramp([300, 100])
    let constants: KeyValuePairs<String, Tensor> = ["w": big, "one": .float32([], [1])]
    #expect(
      try printed(graph([], constants: constants, [node("y = Add(w, one)")], ["y"]), after: FoldConstants.pass)
        == "-> y")
    // The result is bigger than its inputs by more than a little.
    let column: KeyValuePairs<String, Tensor> = ["c": .ramp([300, 1]), "r": .ramp([1, 100])]
    #expect(
      try printed(graph([], constants: column, [node("y = Add(c, r)")], ["y"]), after: FoldConstants.pass)
        == "y = Add(c, r)\n-> y")
  }

  /// Bodies are optimised too, with the constants that the outer graph was folded to.
  @Test func bodies() throws {
    let branch = graph([], [node("p = Mul(s, s)"), node("t = Add(x, p)")], ["t"])
    let outer = graph(
      ["c: bool", "x"], constants: a,
      [node("s = Add(a, b)"), node("y = If(c)", ["then_branch": .graph(branch), "else_branch": .graph(branch)])], ["y"])
    #expect(
      try printed(outer, after: nil) == """
        y = If(c)
          then_branch():
            t = Add(x, p)
            -> t
          else_branch():
            t = Add(x, p)
            -> t
        -> y
        """)
    check(
      "a folded capture", model(outer), ["c": .bool([], [true]), "x": .float32([2], [1, 1])],
      gives: [.float32([2], [17, 50])])
  }
}
